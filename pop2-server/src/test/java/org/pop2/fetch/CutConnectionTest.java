package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.store.MailFolder;
import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Flags;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.fetch.source.Sources;
import org.pop2.protocol.Secret;
import org.pop2.storage.transfer.Fingerprint;

/**
 * The connection to a provider is cut behind each octet of the dialogue in which one message is collected and deleted
 * there, of what the provider says and of what it is told: the message is here once, and no more there.
 */
class CutConnectionTest {
    /** Each octet, or every n-th: all of them take a quarter of an hour, as GreenMail answers after 40 ms. */
    private static final int STRIDE = Integer.getInteger("pop2.cut.stride", 101);

    private static final FetchPlan DELETE =
            new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of("delete"));

    private GreenMail provider = provider();
    private final List<String> journal = new ArrayList<>();
    private final List<String> shelf = new ArrayList<>();

    private static GreenMail provider() {
        return new GreenMail(new ServerSetup[] {
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_POP3)
        });
    }

    @BeforeEach
    void start() {
        provider.start();
        provider.setUser("jon@example.org", "jon", "secret");
    }

    @AfterEach
    void stop() {
        provider.stop();
    }

    /** A way to the provider that ends behind so many octets in one direction. */
    private static final class Scissors implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        private final int port;
        private final boolean said;
        private long left;
        private volatile boolean cut;

        Scissors(int port, boolean said, long octets) throws IOException {
            this.port = port;
            this.said = said;
            this.left = octets;
            Thread thread = new Thread(this::serve, "scissors");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            try (Socket client = server.accept();
                    Socket there = new Socket(InetAddress.getLoopbackAddress(), port)) {
                client.setTcpNoDelay(true);
                there.setTcpNoDelay(true);
                Thread back = new Thread(() -> carry(there, client, said), "back");
                back.setDaemon(true);
                back.start();
                carry(client, there, !said);
                back.join();
            } catch (IOException | InterruptedException e) {
                // closed before anybody came
            }
        }

        private void carry(Socket from, Socket to, boolean counted) {
            try (from;
                    to) {
                byte[] some = new byte[4096];
                for (int n = from.getInputStream().read(some);
                        n >= 0;
                        n = from.getInputStream().read(some)) {
                    int through = counted ? (int) Math.min(left, n) : n;
                    to.getOutputStream().write(some, 0, through);
                    if (counted) {
                        left -= through;
                    }
                    if (through < n) {
                        cut = true;
                        break;
                    }
                }
            } catch (IOException e) {
                // the other direction has ended
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private int port(String scheme) {
        return (scheme.equals("imap") ? provider.getImap() : provider.getPop3()).getPort();
    }

    private MailFolder inbox() throws Exception {
        GreenMailUser jon = provider.getUserManager().getUser("jon");
        return provider.getManagers().getImapHostManager().getInbox(jon);
    }

    private void arrives(String text) throws Exception {
        MimeMessage message = new MimeMessage(
                Session.getInstance(new Properties()), new ByteArrayInputStream(text.getBytes(ISO_8859_1)));
        inbox().appendMessage(message, new Flags(), Date.from(Instant.now()));
    }

    private void collect(String scheme, int port) throws IOException {
        SourceSettings settings = new SourceSettings(
                SourceAddress.of(scheme + "://jon@127.0.0.1:" + port),
                new SourceSettings.Login() {
                    @Override
                    public Secret secret() {
                        return Secret.of("secret".getBytes(ISO_8859_1));
                    }

                    @Override
                    public boolean isToken() {
                        return false;
                    }
                },
                Optional.empty(),
                false,
                Duration.ofSeconds(10));
        try (Source source = Sources.open(settings)) {
            collector().run(source);
            source.finish();
        }
    }

    private Collector collector() throws IOException {
        return Collector.of(new Shelf(), new Notes(), DELETE, new FetchObserver() {}, () -> false, Clock.systemUTC());
    }

    @ParameterizedTest
    @CsvSource({"imap, true", "imap, false", "pop3, true", "pop3, false"})
    void theMessageIsHereOnceAndNoMoreThere(String scheme, boolean said) throws Exception {
        boolean cut = true;
        int cuts = 0;
        for (int octets = 0; cut; octets += STRIDE) {
            String text = "Subject: " + octets + "\r\n\r\nbody\r\n";
            arrives(text);
            try (Scissors way = new Scissors(port(scheme), said, octets)) {
                try {
                    collect(scheme, way.server.getLocalPort());
                } catch (IOException e) {
                    assertThat(way.cut).as("%s", e).isTrue();
                }
                cut = way.cut;
            }
            cuts += cut ? 1 : 0;
            collect(scheme, port(scheme));

            assertThat(shelf).as("cut behind %d octets", octets).containsExactly(text);
            assertThat(inbox().getMessageCount())
                    .as("cut behind %d octets", octets)
                    .isZero();
            shelf.clear();
            journal.clear();
            // of a connection that was cut, GreenMail's thread goes round for ever
            stop();
            provider = provider();
            start();
        }
        assertThat(cuts).isGreaterThan(90 / STRIDE);
    }

    private final class Notes implements Journal {
        @Override
        public List<String> lines() {
            return List.copyOf(journal);
        }

        @Override
        public void append(List<String> more) {
            journal.addAll(more);
        }

        @Override
        public void replace(List<String> all) {
            journal.clear();
            journal.addAll(all);
        }

        @Override
        public void close() {}
    }

    private final class Shelf implements Target {
        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            message.to(buffer -> {
                byte[] some = new byte[buffer.remaining()];
                buffer.get(some);
                octets.writeBytes(some);
            });
            shelf.add(octets.toString(ISO_8859_1));
        }

        @Override
        public OptionalInt count(Fingerprint wanted) {
            return OptionalInt.of((int) shelf.stream()
                    .filter(text -> {
                        Fingerprint.Builder builder = new Fingerprint.Builder();
                        builder.add(ISO_8859_1.encode(text));
                        return builder.build().equals(wanted);
                    })
                    .count());
        }

        @Override
        public void close() {}
    }
}
