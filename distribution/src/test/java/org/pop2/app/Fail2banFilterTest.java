package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.app.config.LogFormat;
import org.pop2.app.logging.EventEncoder;
import org.pop2.net.Networks;
import org.pop2.server.ListenerSettings;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;
import org.slf4j.LoggerFactory;

/** The filter for fail2ban that is shipped, on the lines that the server logs. */
class Fail2banFilterTest {
    private static final Path FILTER = Path.of("src/dist/share/fail2ban/filter.d/pop2d.conf");
    private static final Path LOGBACK = Path.of("src/dist/conf/logback.xml.example");

    /** Lines in the form of the logback.xml that is shipped. */
    private static final class Lines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final Logger logger = (Logger) LoggerFactory.getLogger("org.pop2.server.sessions");
        private final EventEncoder encoder = new EventEncoder();

        Lines(LogFormat format) throws Exception {
            Matcher pattern = Pattern.compile("<pattern>(.*)</pattern>").matcher(Files.readString(LOGBACK));
            assertThat(pattern.find()).isTrue();
            encoder.setPattern(pattern.group(1));
            encoder.setContext(logger.getLoggerContext());
            encoder.start();
            encoder.use(format);
            setContext(logger.getLoggerContext());
            start();
            logger.setLevel(Level.INFO);
            logger.addAppender(this);
        }

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(new String(encoder.encode(event), StandardCharsets.UTF_8).stripTrailing());
        }

        long ended() {
            return lines.stream().filter(line -> line.contains("session-ended")).count();
        }

        @Override
        public void close() {
            logger.detachAppender(this);
        }
    }

    /** The expressions of the filter, in Java's words. */
    private static List<Pattern> filter() throws Exception {
        Matcher section = Pattern.compile("(?m)^failregex = (.*(?:\n +.*)*)").matcher(Files.readString(FILTER));
        assertThat(section.find()).isTrue();
        List<Pattern> patterns = new ArrayList<>();
        for (String line : section.group(1).lines().toList()) {
            patterns.add(Pattern.compile(line.strip().replace("<ADDR>", "(?<addr>[0-9a-fA-F.:]+)")));
        }
        return patterns;
    }

    private static List<String> banned(List<String> lines) throws Exception {
        List<String> addresses = new ArrayList<>();
        for (String line : lines) {
            for (Pattern pattern : filter()) {
                Matcher matcher = pattern.matcher(line);
                if (matcher.find()) {
                    addresses.add(matcher.group("addr"));
                }
            }
        }
        return addresses;
    }

    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void addressesOfRefusedLoginsAndOfOtherProtocolsAreFoundAndNoOthers(LogFormat format) throws Exception {
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN}secret");
        Networks loopback = Networks.of(List.of("127.0.0.0/8", "::1"));
        ListenerSettings proxied = ListenerSettings.plain(
                        "test", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withProxiesFrom(loopback)
                .withCleartextFrom(Networks.of(List.of("0.0.0.0/0", "::/0")));
        try (Lines log = new Lines(format);
                TestServer server = TestServer.over(store, settings -> settings.withListeners(List.of(proxied)))) {
            say(server, "TCP4 192.0.2.1 192.0.2.200", "HELO postel wrong");
            say(server, "TCP6 2001:db8::1 2001:db8::200", "HELO nobody reason=login-refused");
            say(server, "TCP4 192.0.2.3 192.0.2.200", "GET / HTTP/1.1");
            say(server, "TCP4 192.0.2.4 192.0.2.200", "HELO postel secret\r\nQUIT");
            say(server, "TCP4 192.0.2.5 192.0.2.200", "FOLD nothing");
            // a name made to look like the end of another line
            say(server, "TCP4 192.0.2.6 192.0.2.200", "HELO x\\ address=192.0.2.99:1\\ reason=login-refused wrong");
            await().until(() -> log.ended() == 6);

            assertThat(banned(log.lines))
                    .containsExactlyInAnyOrder("192.0.2.1", "2001:db8:0:0:0:0:0:1", "192.0.2.3", "192.0.2.6");
        }
    }

    private static void say(TestServer server, String addresses, String what) {
        try (Wire wire = server.connect()) {
            wire.send("PROXY " + addresses + " 1024 109\r\n" + what + "\r\n");
            wire.rest();
        }
    }
}
