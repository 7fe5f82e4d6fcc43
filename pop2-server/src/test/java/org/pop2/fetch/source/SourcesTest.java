package org.pop2.fetch.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

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
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Secret;

/** Accounts of GreenMail, by IMAP and POP3. */
class SourcesTest {
    private static final String MAIL = "Subject: %s\r\nX-Bad: \u00e9\r\n\r\nbody %s\r\n";

    private final GreenMail provider = new GreenMail(new ServerSetup[] {
        setup(ServerSetup.PROTOCOL_IMAP), setup(ServerSetup.PROTOCOL_POP3), setup(ServerSetup.PROTOCOL_IMAPS)
    });
    private GreenMailUser jon;

    private static ServerSetup setup(String protocol) {
        return new ServerSetup(0, "127.0.0.1", protocol);
    }

    @BeforeEach
    void start() {
        provider.start();
        jon = provider.setUser("jon@example.org", "jon", "secret");
    }

    @AfterEach
    void stop() {
        provider.stop();
    }

    private MailFolder inbox() throws Exception {
        return provider.getManagers().getImapHostManager().getInbox(jon);
    }

    private void arrives(String text) throws Exception {
        MimeMessage message = new MimeMessage(
                Session.getInstance(new Properties()), new ByteArrayInputStream(text.getBytes(ISO_8859_1)));
        inbox().appendMessage(message, new Flags(), Date.from(Instant.now()));
    }

    private SourceSettings settings(String scheme, int port, String password) {
        return new SourceSettings(
                SourceAddress.of(scheme + "://jon@127.0.0.1:" + port),
                login(password),
                Optional.empty(),
                false,
                Duration.ofSeconds(10));
    }

    static SourceSettings.Login login(String password) {
        return SourceSettings.Login.of(Secret.of(password.getBytes(ISO_8859_1)));
    }

    private Source imap() throws IOException {
        return Sources.open(settings("imap", provider.getImap().getPort(), "secret"));
    }

    private Source pop3() throws IOException {
        return Sources.open(settings("pop3", provider.getPop3().getPort(), "secret"));
    }

    private static String read(Source source, String key) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        Source.Info info = source.info(List.of(key)).get(0);
        boolean whole = source.read(info, Long.MAX_VALUE / 8, part -> {
            byte[] some = new byte[part.remaining()];
            part.get(some);
            octets.writeBytes(some);
        });
        assertThat(whole).isTrue();
        return octets.toString(ISO_8859_1);
    }

    @Test
    void mailOfImapIsListedAndReadAndStaysUnread() throws Exception {
        arrives(MAIL.formatted("1", "1"));
        arrives(MAIL.formatted("2", "x".repeat(3 * ImapSource.PART)));
        try (Source source = imap()) {
            List<String> keys = source.keys(Source.Wanted.ALL);

            assertThat(keys).hasSize(2);
            assertThat(source.last()).hasValue(Long.parseLong(keys.get(1)));
            assertThat(source.keys(new Source.Wanted(Long.parseLong(keys.get(0)), true)))
                    .containsExactly(keys.get(1));
            assertThat(source.keys(new Source.Wanted(Long.parseLong(keys.get(1)), false)))
                    .isEmpty();
            assertThat(read(source, keys.get(0))).isEqualTo(MAIL.formatted("1", "1"));
            assertThat(read(source, keys.get(1)))
                    .hasSize(3 * ImapSource.PART + MAIL.formatted("2", "").length());
            assertThat(source.info(List.of(keys.get(0))).get(0).received())
                    .hasValueSatisfying(received ->
                            assertThat(received).isBefore(Instant.now().plusSeconds(2)));
            source.finish();
        }
        assertThat(inbox().getUnseenCount()).isEqualTo(2);
    }

    @Test
    void atAnImapProviderHappensWhatIsAskedFor() throws Exception {
        for (String each : List.of("1", "2", "3")) {
            arrives(MAIL.formatted(each, each));
        }
        try (Source source = imap()) {
            List<String> keys = source.keys(Source.Wanted.ALL);

            source.act(keys.subList(0, 1), AtProvider.of("mark-seen"));
            source.act(keys.subList(1, 2), AtProvider.of("delete"));
            assertThat(inbox().getUnseenCount()).isEqualTo(1);
            assertThat(source.keys(Source.Wanted.ALL)).containsExactly(keys.get(0), keys.get(2));
            source.act(keys.subList(2, 3), AtProvider.of("move:Taken"));
            assertThat(source.keys(Source.Wanted.ALL)).containsExactly(keys.get(0));
            source.finish();
        }
        assertThat(provider.getManagers()
                        .getImapHostManager()
                        .getFolder(jon, "Taken")
                        .getMessageCount())
                .isEqualTo(1);
    }

    @Test
    void newMailEndsAWaitAndSoDoesTime() throws Exception {
        try (Source source = imap()) {
            assertThat(source.canAwait()).isTrue();
            assertThat(source.await(Duration.ofMillis(100), ForkJoinPool.commonPool())
                            .join())
                    .isFalse();
            CompletableFuture<Boolean> told = source.await(Duration.ofSeconds(20), ForkJoinPool.commonPool());
            Thread.sleep(200);
            arrives(MAIL.formatted("1", "1"));

            assertThat(told.join()).isTrue();
            assertThat(source.keys(Source.Wanted.ALL)).hasSize(1);
        }
    }

    @Test
    void mailThatCameBeforeTheWaitEndsItAtOnce() throws Exception {
        try (Source source = imap()) {
            assertThat(source.keys(Source.Wanted.ALL)).isEmpty();
            arrives(MAIL.formatted("1", "1"));
            long start = System.nanoTime();

            assertThat(source.await(Duration.ofSeconds(20), ForkJoinPool.commonPool())
                            .join())
                    .isTrue();

            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(15).toNanos());
        }
    }

    @Test
    void mailOfPop3IsListedReadAndDeletedAtTheEnd() throws Exception {
        arrives(MAIL.formatted("1", ".\r\n..\r\n."));
        arrives(MAIL.formatted("2", "2"));
        try (Source source = pop3()) {
            List<String> keys = source.keys(Source.Wanted.ALL);

            assertThat(keys).hasSize(2);
            assertThat(source.last()).isEmpty();
            assertThat(read(source, keys.get(0))).isEqualTo(MAIL.formatted("1", ".\r\n..\r\n."));
            source.act(keys.subList(0, 1), AtProvider.of("delete"));
            assertThat(inbox().getMessageCount()).isEqualTo(2);
            source.finish();
        }
        assertThat(inbox().getMessageCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"imap", "pop3"})
    void ofALongMessageTheBeginningIsRead(String scheme) throws Exception {
        arrives(MAIL.formatted("1", "line\r\n".repeat(10_000)));
        try (Source source = scheme.equals("imap") ? imap() : pop3()) {
            long[] octets = new long[1];
            Source.Info info = source.info(source.keys(Source.Wanted.ALL)).get(0);

            boolean whole = source.read(info, 1000, part -> octets[0] += part.remaining());

            assertThat(whole).isFalse();
            assertThat(octets[0]).isBetween(100L, 1000L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"imap", "pop3"})
    void aRefusedLoginIsSaid(String scheme) {
        int port = scheme.equals("imap")
                ? provider.getImap().getPort()
                : provider.getPop3().getPort();

        assertThatThrownBy(() -> Sources.open(settings(scheme, port, "wrong")))
                .asInstanceOf(type(SourceException.class))
                .extracting(SourceException::reason)
                .isEqualTo(SourceException.Reason.LOGIN_REFUSED);
    }

    @Test
    void aCertificateOfNobodyIsSaid() {
        assertThatThrownBy(
                        () -> Sources.open(settings("imaps", provider.getImaps().getPort(), "secret")))
                .hasMessageContaining("certificate is not trusted")
                .asInstanceOf(type(SourceException.class))
                .extracting(SourceException::reason)
                .isEqualTo(SourceException.Reason.TLS);
    }

    @Test
    void aFolderThatIsNotThereIsSaid() {
        SourceSettings settings = settings("imap", provider.getImap().getPort(), "secret");
        SourceAddress address =
                SourceAddress.of("imap://jon@127.0.0.1:" + settings.address().port() + "/Nowhere");

        assertThatThrownBy(() -> Sources.open(
                        new SourceSettings(address, settings.login(), Optional.empty(), false, Duration.ofSeconds(10))))
                .hasMessageContaining("Nowhere");
    }

    @ParameterizedTest
    @EnumSource(SourceAddress.Scheme.class)
    void addressesAreReadAndShown(SourceAddress.Scheme scheme) {
        String text = scheme + "://jon@example.org@mail.example.org:" + (scheme.port() + 1)
                + (scheme.isImap() ? "/INBOX" : "");

        SourceAddress address = SourceAddress.of(text);

        assertThat(address.user()).isEqualTo("jon@example.org");
        assertThat(address.host()).isEqualTo("mail.example.org");
        assertThat(address).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "imap.example.org",
                "http://jon@example.org",
                "imaps://imap.example.org",
                "imaps://jon:secret@imap.example.org",
                "imaps://jon@imap.example.org:0",
                "imaps://jon@imap.example.org?x",
                "imaps://jo%0an@imap.example.org",
                "pop3s://jon@imap.example.org/INBOX",
                "imaps://jon@"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> SourceAddress.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
