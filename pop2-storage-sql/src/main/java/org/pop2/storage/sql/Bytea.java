package org.pop2.storage.sql;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.r2dbc.postgresql.client.EncodedParameter;
import io.r2dbc.postgresql.codec.Codec;
import io.r2dbc.postgresql.message.Format;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A {@code bytea} parameter that is sent in binary form. The driver's own codecs send byte arrays as hexadecimal text:
 * twice the octets on the wire, and several copies.
 */
final class Bytea {
    private static final int OID = 17;

    private final byte[] octets;
    private final int length;

    /**
     * @param octets holds the value; must not change until the statement has ended
     * @param length how many of the octets, from the first
     */
    Bytea(byte[] octets, int length) {
        this.octets = octets;
        this.length = length;
    }

    static Bytea of(byte[] octets) {
        return new Bytea(octets, octets.length);
    }

    /** Sends {@link Bytea}, and decodes nothing: the driver reads binary results well. */
    static final class ParameterCodec implements Codec<Bytea> {
        @Override
        public boolean canEncode(Object value) {
            return value instanceof Bytea;
        }

        @Override
        public EncodedParameter encode(Object value) {
            return encode(value, OID);
        }

        @Override
        public EncodedParameter encode(Object value, int dataType) {
            Bytea bytea = (Bytea) value;
            return new EncodedParameter(
                    Format.FORMAT_BINARY,
                    dataType,
                    Mono.fromSupplier(() -> Unpooled.wrappedBuffer(bytea.octets, 0, bytea.length)));
        }

        @Override
        public boolean canEncodeNull(Class<?> type) {
            return type == Bytea.class;
        }

        @Override
        public EncodedParameter encodeNull() {
            return new EncodedParameter(Format.FORMAT_BINARY, OID, EncodedParameter.NULL_VALUE);
        }

        @Override
        public boolean canDecode(int dataType, Format format, Class<?> type) {
            return false;
        }

        @Override
        public @Nullable Bytea decode(
                @Nullable ByteBuf buffer, int dataType, Format format, Class<? extends Bytea> type) {
            throw new IllegalStateException("not a codec for results");
        }
    }
}
