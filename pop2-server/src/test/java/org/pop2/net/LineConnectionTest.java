package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The connection below both protocols, with one of the test's own that says each line again. */
class LineConnectionTest {
    private final Echo echo = new Echo();
    private final LineConnection connection = new LineConnection(echo, Duration.ofMinutes(1));
    private final EmbeddedChannel channel;

    LineConnectionTest() {
        echo.connection = connection;
        channel = new EmbeddedChannel(connection);
    }

    private static final class Echo implements LineConnection.Protocol {
        private LineConnection connection = new LineConnection(this, Duration.ZERO);
        private LineConnection.Wants wants = LineConnection.Wants.COMMAND;
        private final List<String> told = new ArrayList<>();
        private final StringBuilder line = new StringBuilder();

        private void say(String text) {
            connection.outgoing().add(text.getBytes(StandardCharsets.US_ASCII), text.length());
        }

        @Override
        public void opened() {
            connection.within(Duration.ofHours(1));
            say("hello\n");
        }

        @Override
        public LineConnection.Wants wants() {
            return wants;
        }

        @Override
        public void take(ByteBuf input) {
            while (input.isReadable()) {
                char octet = (char) input.readByte();
                line.append(octet);
                if (octet == '\n') {
                    String command = line.toString();
                    line.setLength(0);
                    if (command.equals("wait\n")) {
                        wants = LineConnection.Wants.NOTHING;
                    } else if (command.equals("bug\n")) {
                        throw new IllegalStateException("made by the test");
                    } else if (command.equals("bye\n")) {
                        say(command);
                        connection.end(true);
                    } else {
                        say(command);
                    }
                    return;
                }
            }
        }

        @Override
        public boolean isInsideLine() {
            return line.length() > 0;
        }

        @Override
        public void received(int octets) {}

        @Override
        public void written(int octets) {}

        @Override
        public boolean isSending(boolean pending) {
            return pending;
        }

        @Override
        public void sending() {}

        @Override
        public boolean isPeersTurn() {
            return true;
        }

        @Override
        public void overdue() {
            told.add("overdue");
        }

        @Override
        public void stopping() {
            told.add("stopping");
            say("stopping\n");
            connection.end(false);
        }

        @Override
        public void inputEnded() {
            told.add("input ended");
            connection.end(false);
        }

        @Override
        public void closed() {
            told.add("closed");
        }

        @Override
        public void broken(Throwable cause) {
            told.add("broken");
        }

        @Override
        public void tooLate() {
            told.add("too late");
        }
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private String said() {
        channel.runPendingTasks();
        StringBuilder said = new StringBuilder();
        for (ByteBuf octets = channel.readOutbound(); octets != null; octets = channel.readOutbound()) {
            said.append(octets.toString(StandardCharsets.US_ASCII));
            octets.release();
        }
        return said.toString();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void whatIsSentAheadWaitsUntilTheCommandBeforeItIsDone() {
        send("one\nwait\ntwo\nth");
        send("ree\n");
        assertThat(said()).isEqualTo("hello\none\n");
        echo.wants = LineConnection.Wants.COMMAND;
        connection.work();
        assertThat(said()).isEqualTo("two\nthree\n");
    }

    @Test
    void aStopWaitsForWhatIsUnderWayAndTakesNoCommandAfterIt() {
        send("wait\ntwo\n");
        connection.stop();
        assertThat(said()).isEqualTo("hello\n");
        assertThat(echo.told).isEmpty();
        echo.wants = LineConnection.Wants.COMMAND;
        connection.work();
        assertThat(said()).isEqualTo("stopping\n");
        assertThat(echo.told).containsExactly("stopping", "closed");
    }

    @Test
    void aMessageIsNoPlaceToStop() {
        echo.wants = LineConnection.Wants.CONTENT;
        connection.stop();
        send("a line of it\n");
        assertThat(said()).isEqualTo("hello\na line of it\n");
    }

    @Test
    void whoHasEndedItsSideGetsItsAnswers() {
        send("wait\ntwo\n");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(echo.told).isEmpty();
        echo.wants = LineConnection.Wants.COMMAND;
        connection.work();
        assertThat(said()).isEqualTo("hello\ntwo\n");
        assertThat(echo.told).containsExactly("input ended", "closed");
    }

    @Test
    void nothingIsTakenAfterTheEnd() {
        send("bye\ntwo\n");
        assertThat(said()).isEqualTo("hello\nbye\n");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aBugCostsTheOneConnection() {
        send("bug\n");
        assertThat(said()).isEqualTo("hello\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(echo.told).containsExactly("broken", "closed");
    }
}
