package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Small writes are gathered, and what the socket takes is counted, also a part of a buffer. */
class OutgoingTest {
    /** A socket that takes as many octets at a flush as it is told. */
    private static final class SlowSocket extends EmbeddedChannel {
        private int takes;

        SlowSocket() {
            super(new ChannelDuplexHandler());
        }

        @Override
        protected void doWrite(ChannelOutboundBuffer queue) {
            while (takes > 0 && queue.current() instanceof ByteBuf octets) {
                int part = Math.min(takes, octets.readableBytes());
                takes -= part;
                queue.removeBytes(part);
            }
        }
    }

    private final List<Integer> taken = new ArrayList<>();
    private final SlowSocket socket = new SlowSocket();
    private final Outgoing outgoing = new Outgoing(socket.pipeline().lastContext(), taken::add);

    @AfterEach
    void close() {
        socket.finishAndReleaseAll();
    }

    private static byte[] line(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void take(int octets) {
        socket.takes += octets;
        socket.flushOutbound();
    }

    @Test
    void linesGoOutTogetherAndAreToldTogether() {
        outgoing.add(line("one"), 3);
        outgoing.add(line("three"), 5);
        assertThat(outgoing.pending()).isZero();
        outgoing.flush();
        assertThat(outgoing.pending()).isEqualTo(8);
        take(8);
        assertThat(taken).containsExactly(8);
        assertThat(outgoing.pending()).isZero();
    }

    @Test
    void aPartOfABufferThatTheSocketTookHasMoved() {
        List<Boolean> told = new ArrayList<>();
        outgoing.write(ByteBuffer.wrap(new byte[1000]), told::add);
        outgoing.flush();
        take(10);
        assertThat(outgoing.moved()).isEqualTo(10);
        assertThat(outgoing.pending()).isEqualTo(1000);
        assertThat(told).isEmpty();
        take(990);
        assertThat(outgoing.moved()).isEqualTo(1000);
        assertThat(outgoing.pending()).isZero();
        assertThat(told).containsExactly(true);
        assertThat(taken).isEmpty();
    }

    @Test
    void whatTheSocketWillNotTakeIsToldAndWaitsNoMore() {
        List<Boolean> told = new ArrayList<>();
        outgoing.write(ByteBuffer.wrap(new byte[1000]), told::add);
        outgoing.flush();
        take(10);
        socket.close().syncUninterruptibly();
        assertThat(told).containsExactly(false);
        assertThat(outgoing.pending()).isZero();
        assertThat(outgoing.moved()).isEqualTo(10);
    }
}
