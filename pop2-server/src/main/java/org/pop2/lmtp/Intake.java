package org.pop2.lmtp;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Receives the content of messages: decodes, counts and spools it. On the connection's event loop. Must not be given
 * more while the spool writes.
 */
final class Intake {
    private static final int CHUNK = 16 * 1024;

    /** Receives events of the intake. */
    interface Owner {
        /** Runs a task on the event loop. */
        void later(Runnable task);

        /**
         * A message is complete.
         *
         * @param octets its octets, decoded
         * @param lost why it was not kept; {@code null} if it was
         */
        void ended(long octets, @Nullable LmtpReply lost);

        /** The spool cannot be written to. */
        void spoolFailed(IOException error);

        /** The spool has written; more can be given. */
        void spooled();
    }

    private final long mostOctets;
    private final Supplier<SpooledMessage> spool;
    private final Owner owner;

    private @Nullable SpooledMessage message;
    private DotUnstuffer unstuffer = new DotUnstuffer();
    private DeliveryKey key = new DeliveryKey();
    private byte @Nullable [] chunk;
    /** Why the current message is not kept. */
    private @Nullable LmtpReply lost;

    private boolean spooling;
    private boolean over;

    /**
     * @param mostOctets most octets of a message; a longer one is read to its end and discarded
     * @param spool creates the spool for the next message
     */
    Intake(long mostOctets, Supplier<SpooledMessage> spool, Owner owner) {
        this.mostOctets = mostOctets;
        this.spool = spool;
        this.owner = owner;
    }

    /** Prepares for a message. */
    void begin() {
        message = spool.get();
        unstuffer = new DotUnstuffer();
        key = new DeliveryKey();
        lost = null;
    }

    boolean isSpooling() {
        return spooling;
    }

    /** Takes octets, up to the end of the message. */
    void take(ByteBuf octets) {
        byte[] copy = chunk;
        if (copy == null) {
            copy = new byte[CHUNK];
            chunk = copy;
        }
        int length = Math.min(CHUNK, octets.readableBytes());
        octets.getBytes(octets.readerIndex(), copy, 0, length);
        octets.skipBytes(unstuffer.take(copy, 0, length, this::keep));
        SpooledMessage kept = message;
        if (lost != null) {
            drop();
        } else if (kept != null && (kept.full() || (unstuffer.ended() && kept.onDisk()))) {
            spooling = true;
            kept.drain(error -> owner.later(() -> drained(error)));
            return;
        }
        tellEnd();
    }

    private void keep(byte[] octets, int offset, int length) {
        SpooledMessage kept = message;
        if (lost != null || kept == null) {
            return;
        }
        if (kept.octets() + length > mostOctets) {
            lost = LmtpReply.TOO_LARGE;
            return;
        }
        key.update(octets, offset, length);
        kept.append(octets, offset, length);
    }

    private void drained(@Nullable IOException error) {
        spooling = false;
        if (error != null) {
            owner.spoolFailed(error);
            lost = LmtpReply.SPOOL_FAILED;
        }
        if (over || lost != null) {
            drop();
        }
        if (!over) {
            tellEnd();
            owner.spooled();
        }
    }

    private void tellEnd() {
        if (!unstuffer.ended()) {
            return;
        }
        chunk = null;
        if (lost == null && message != null) {
            owner.ended(message.octets(), null);
        } else {
            owner.ended(0, Objects.requireNonNullElse(lost, LmtpReply.SPOOL_FAILED));
        }
    }

    /** Hands the complete message to the caller, who discards it. */
    SpooledMessage handOver() {
        SpooledMessage complete = Objects.requireNonNull(message, "nothing was received");
        message = null;
        return complete;
    }

    /** The key that identifies repeated deliveries of that message. */
    DeliveryKey key() {
        return key;
    }

    /** Ends; nothing more will come. */
    void end() {
        over = true;
        drop();
    }

    private void drop() {
        if (message != null && !spooling) {
            message.discard();
            message = null;
        }
    }
}
