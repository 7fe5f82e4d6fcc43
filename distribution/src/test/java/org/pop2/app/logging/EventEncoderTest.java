package org.pop2.app.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.config.LogFormat;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** An event is one line, whatever is in it. */
class EventEncoderTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger("test.events");
    private final EventEncoder encoder = new EventEncoder();
    private final List<String> lines = new ArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(new String(encoder.encode(event), UTF_8));
        }
    };

    EventEncoderTest() {
        encoder.setContext(logger.getLoggerContext());
        encoder.setPattern("%-5level %logger{0}: %event%n");
        encoder.start();
        appender.setContext(logger.getLoggerContext());
        appender.start();
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        logger.addAppender(appender);
    }

    @AfterEach
    void detach() {
        logger.detachAppender(appender);
    }

    private Config json() {
        return ConfigFactory.parseString(
                lines.get(0), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
    }

    @Test
    void wordsAreBareAndTextIsQuoted() {
        logger.atInfo()
                .addKeyValue("session", 17L)
                .addKeyValue("user", "postel")
                .addKeyValue("address", "[2001:db8::1]:1024")
                .addKeyValue("error", "disk \"sda\" is full")
                .addKeyValue("empty", "")
                .addKeyValue("nothing", (Object) null)
                .log("mailbox-opened");

        assertThat(lines)
                .containsExactly("INFO  events: mailbox-opened session=17 user=postel address=[2001:db8::1]:1024"
                        + " error=\"disk \\\"sda\\\" is full\" empty=\"\"\n");
    }

    @ParameterizedTest
    @CsvSource({
        "Z, 2025-11-26T22:16:32.720Z",
        "Asia/Kathmandu, 2025-11-27T04:01:32.720+05:45",
        "America/St_Johns, 2025-11-26T18:46:32.720-03:30"
    })
    void theStandardLineHasTheTimeOfItsZone(String zone, String time) {
        TimeZone before = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone(ZoneId.of(zone)));
        try {
            EventEncoder standard = new EventEncoder();
            standard.setContext(logger.getLoggerContext());
            standard.start();
            LoggingEvent event = new LoggingEvent("caller", logger, Level.INFO, "said", null, new Object[0]);
            event.addKeyValuePair(new KeyValuePair("number", 7));
            event.setInstant(Instant.ofEpochMilli(1_764_195_392_720L));
            assertThat(new String(standard.encode(event), UTF_8)).isEqualTo(time + " INFO  events: said number=7\n");
        } finally {
            TimeZone.setDefault(before);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\n2026-01-01 INFO  sessions: login-refused address=192.0.2.1:1",
                "x\r\nlogin-refused",
                "x reason=quit",
                "x\" reason=\"quit",
                "x\\",
                "\u001b[2J\u0007",
                "\u202egnp.exe",
                "\u2028\u2029\u0085\ufeff",
                "\ud800 lonely",
                "a=b"
            })
    void noValueLooksLikeAnotherPairOrLine(String value) {
        logger.atInfo().addKeyValue("user", value).addKeyValue("session", 1).log("login-accepted");
        encoder.use(LogFormat.JSON);
        logger.atInfo().addKeyValue("user", value).addKeyValue("session", 1).log("login-accepted");

        assertThat(lines.get(0))
                .matches("INFO  events: login-accepted user=\"(?:[^\"\\\\\\p{C}]|\\\\[\"\\\\nrt]|\\\\u[0-9a-f]{4})*\""
                        + " session=1\n");
        assertThat(lines.get(1)).endsWith("\n").matches("[^\\p{C}]+\n");
        lines.remove(0);
        assertThat(json().getString("user")).isEqualTo(value);
        assertThat(json().getInt("session")).isOne();
    }

    @Test
    void theTextOfALibraryStaysOneLine() {
        logger.warn("first\nsecond \"third\" {}", "fourth");

        assertThat(lines).containsExactly("WARN  events: first\\nsecond \"third\" fourth\n");
    }

    @Test
    void anExceptionIsOnTheLine() {
        logger.atError()
                .setCause(new IllegalStateException("two\nlines", new java.io.IOException("below")))
                .log("session-failed");
        encoder.use(LogFormat.JSON);
        logger.atError().setCause(new IllegalStateException("two\nlines")).log("session-failed");

        assertThat(lines.get(0))
                .startsWith("ERROR events: session-failed exception=\"java.lang.IllegalStateException: two\\nlines\""
                        + " stack=\"java.lang.IllegalStateException: two\\nlines\\n\\tat ")
                .contains("Caused by: java.io.IOException: below");
        assertThat(lines).allMatch(line -> line.indexOf('\n') == line.length() - 1);
        lines.remove(0);
        assertThat(json().getString("exception")).isEqualTo("java.lang.IllegalStateException: two\nlines");
        assertThat(json().getString("stack")).contains("\n\tat ");
    }

    @Test
    void anObjectHasTheKeysOfTheEventAndNumbersAreNumbers() {
        encoder.use(LogFormat.JSON);
        logger.atInfo()
                .addKeyValue("session", 17L)
                .addKeyValue("encrypted", true)
                .addKeyValue("user", "postel")
                .log("connection-accepted");

        assertThat(lines.get(0))
                .matches(
                        "\\{\"timestamp\":\\d+,\"level\":\"INFO\",\"loggerName\":\"test.events\","
                                + "\"message\":\"connection-accepted\",\"session\":17,\"encrypted\":true,\"user\":\"postel\"}\n");
        encoder.use(LogFormat.TEXT);
        logger.info("plain");
        assertThat(lines.get(1)).isEqualTo("INFO  events: plain\n");
    }
}
