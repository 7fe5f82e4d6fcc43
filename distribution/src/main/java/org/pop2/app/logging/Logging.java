package org.pop2.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.LogFormat;
import org.pop2.app.config.LogLevel;
import org.slf4j.LoggerFactory;

/** How much this process logs, and how. */
public final class Logging {
    /** What {@code conf/logback.xml} said of the loggers whose level the configuration has changed. */
    private static final Map<String, Before> CHANGED = new HashMap<>();

    private record Before(@Nullable Level level) {}

    /** The file that says how logback logs, if there is one. */
    public static Optional<Path> configuredBy() {
        return ToStandardError.given();
    }

    /** Logs from now on as the configuration wants it; also while others log, and again after a reload. */
    public static synchronized void follow(Configuration.Log wanted) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        CHANGED.forEach((name, before) -> {
            if (!wanted.loggers().containsKey(name)) {
                context.getLogger(name).setLevel(before.level());
            }
        });
        CHANGED.keySet().retainAll(wanted.loggers().keySet());
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(of(wanted.level()));
        wanted.loggers().forEach((name, level) -> {
            Logger logger = context.getLogger(name);
            CHANGED.putIfAbsent(name, new Before(logger.getLevel()));
            logger.setLevel(of(level));
        });
        boolean found = false;
        for (Logger logger : context.getLoggerList()) {
            for (Iterator<Appender<ILoggingEvent>> all = logger.iteratorForAppenders(); all.hasNext(); ) {
                if (all.next() instanceof OutputStreamAppender<?> appender
                        && appender.getEncoder() instanceof EventEncoder encoder) {
                    encoder.use(wanted.format());
                    found = true;
                }
            }
        }
        if (!found && wanted.format() != LogFormat.TEXT) {
            LoggerFactory.getLogger(Logging.class)
                    .atWarn()
                    .addKeyValue("text", "conf/logback.xml has no encoder org.pop2.app.logging.EventEncoder")
                    .log("log-format-unused");
        }
    }

    private static Level of(LogLevel level) {
        return Level.toLevel(level.name());
    }

    private Logging() {}
}
