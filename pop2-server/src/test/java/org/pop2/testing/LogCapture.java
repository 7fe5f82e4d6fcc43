package org.pop2.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a logger was told, and those below it, as long as this is open. */
public final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger logger;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final List<String> thrown = new CopyOnWriteArrayList<>();

    /** The names of the events that are kept; none: all are. */
    private volatile Set<String> wanted = Set.of();

    private LogCapture(String name) {
        this.logger = (Logger) LoggerFactory.getLogger(name);
    }

    public static LogCapture of(String name) {
        LogCapture capture = new LogCapture(name);
        capture.setContext(capture.logger.getLoggerContext());
        capture.start();
        capture.logger.addAppender(capture);
        return capture;
    }

    /** The lines of sessions that have ended, and of connections that were not let in. */
    public static LogCapture sessions() {
        LogCapture capture = of("org.pop2.server.sessions");
        capture.logger.setLevel(Level.INFO);
        capture.wanted = Set.of("session-ended", "connection-refused");
        return capture;
    }

    /** An event as text: its name, and its keys and values in their order. */
    public static String text(ILoggingEvent event) {
        StringBuilder out = new StringBuilder(event.getFormattedMessage());
        if (event.getKeyValuePairs() != null) {
            event.getKeyValuePairs()
                    .forEach(
                            pair -> out.append(' ').append(pair.key).append('=').append(pair.value));
        }
        return out.toString();
    }

    /** Of what this listens to nothing goes to the log any more: there are millions. */
    public LogCapture alone() {
        logger.setAdditive(false);
        return this;
    }

    public List<String> lines() {
        return lines;
    }

    /** Those that came with an exception, since the last time this was asked; the others are forgotten, too. */
    public List<String> takeThrown() {
        List<String> taken = List.copyOf(thrown);
        thrown.clear();
        lines.clear();
        return taken;
    }

    @Override
    protected void append(ILoggingEvent event) {
        String message = event.getThrowableProxy() == null
                ? ""
                : " " + event.getThrowableProxy().getMessage();
        if (!wanted.isEmpty() && !wanted.contains(event.getMessage())) {
            return;
        }
        lines.add(text(event) + message);
        if (event.getThrowableProxy() != null) {
            thrown.add(text(event) + message);
        }
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        logger.setAdditive(true);
        stop();
    }
}
