package org.pop2.app.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.LogFormat;
import org.pop2.app.config.LogLevel;
import org.slf4j.LoggerFactory;

/** Levels follow the configuration, and what it no longer says is as it was. */
class LoggingTest {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger given = (Logger) LoggerFactory.getLogger("test.given");
    private final Logger below = (Logger) LoggerFactory.getLogger("test.given.below");
    private final Level before = root.getLevel();

    private static void follow(LogLevel level, Map<String, LogLevel> loggers) {
        Logging.follow(new Configuration.Log(level, LogFormat.TEXT, loggers, false));
    }

    @AfterEach
    void restore() {
        follow(LogLevel.WARN, Map.of());
        root.setLevel(before);
        given.setLevel(null);
    }

    @Test
    void oneLoggerHasALevelOfItsOwnAndThoseBelowItToo() {
        follow(LogLevel.WARN, Map.of("test.given", LogLevel.DEBUG));

        assertThat(below.isDebugEnabled()).isTrue();
        assertThat(root.isInfoEnabled()).isFalse();
    }

    @Test
    void whatIsNoLongerConfiguredIsAsLogbackSays() {
        given.setLevel(Level.ERROR);
        follow(LogLevel.INFO, Map.of("test.given", LogLevel.TRACE, "test.other", LogLevel.TRACE));
        follow(LogLevel.INFO, Map.of("test.given", LogLevel.INFO));
        assertThat(given.getLevel()).isEqualTo(Level.INFO);
        assertThat(((Logger) LoggerFactory.getLogger("test.other")).getLevel()).isNull();

        follow(LogLevel.INFO, Map.of());
        assertThat(given.getLevel()).isEqualTo(Level.ERROR);
    }
}
