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
import org.pop2.fetch.source.SourceAddress;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.transfer.Fingerprint;
import reactor.core.publisher.Mono;

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
    private final MemoryJournal journal = new MemoryJournal();
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
                SourceSettings.Login.of(Secret.of("secret".getBytes(ISO_8859_1))),
                Optional.empty(),
                false,
                Duration.ofSeconds(10));
        AccountCollector collector = AccountCollectors.of(
                settings, new Shelf(), journal, DELETE, LeadingLine.Finder.NONE, FetchObserver.NONE, () -> false);
        try (AccountCollector.Session session = collector.connect()) {
            session.run();
            session.finish();
        }
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
                    collect(scheme, way.port());
                } catch (IOException e) {
                    assertThat(way.isCut()).as("%s", e).isTrue();
                }
                cut = way.isCut();
            }
            cuts += cut ? 1 : 0;
            collect(scheme, port(scheme));

            assertThat(shelf).as("cut behind %d octets", octets).containsExactly(text);
            assertThat(inbox().getMessageCount())
                    .as("cut behind %d octets", octets)
                    .isZero();
            shelf.clear();
            journal.lines.clear();
            // of a connection that was cut, GreenMail's thread goes round for ever
            stop();
            provider = provider();
            start();
        }
        assertThat(cuts).isGreaterThan(70 / STRIDE);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void theMessageOfAPop2ServerIsHereOnceAndNoMoreThere(boolean said) throws Exception {
        // our own server does not take 40 ms
        int stride = Math.min(STRIDE, 5);
        MemoryMailStore store = MemoryMailStore.create().account("jon", "{PLAIN}secret");
        try (TestServer server = TestServer.over(store)) {
            boolean cut = true;
            int cuts = 0;
            for (int octets = 0; cut; octets += stride) {
                String text = "Subject: " + octets + "\r\n\r\nbody\r\n";
                store.message("jon", "INBOX", text);
                int port = server.address().getPort();
                try (Scissors way = new Scissors(port, said, octets)) {
                    try {
                        collect("pop2", way.port());
                    } catch (IOException e) {
                        assertThat(way.isCut()).as("%s", e).isTrue();
                    }
                    cut = way.isCut();
                }
                cuts += cut ? 1 : 0;
                collect("pop2", port);

                assertThat(shelf).as("cut behind %d octets", octets).containsExactly(text);
                var left =
                        Mono.from(store.usage(UserName.of("jon").orElseThrow())).blockOptional();
                assertThat(left.orElseThrow().messages())
                        .as("cut behind %d octets", octets)
                        .isZero();
                shelf.clear();
                journal.lines.clear();
            }
            assertThat(cuts).isGreaterThan(30 / stride);
        }
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
