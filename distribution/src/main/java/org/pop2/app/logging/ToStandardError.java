package org.pop2.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pop2.app.config.Trust;

/**
 * What {@code conf/logback.xml.example} says, without the time that reading XML takes at a start. Logback finds it as a
 * service, and asks it first; whoever has a configuration of his own gets that.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class ToStandardError extends ContextAwareBase implements Configurator {
    private static final String FILE_GIVEN = "logback.configurationFile";
    private static final String FILE_OF_TESTS = "logback-test.xml";
    private static final List<String> LIBRARIES = List.of("io.netty", "reactor", "io.r2dbc", "org.flywaydb");

    /** The file that logback is to be configured by, if it is one. */
    static Optional<Path> given() {
        return Optional.ofNullable(System.getProperty(FILE_GIVEN)).map(Path::of).filter(Files::exists);
    }

    /** Appenders write files, and name classes: root has its log configured by nobody else. */
    static boolean isObeyed(Path file, boolean root) {
        if (!root) {
            return true;
        }
        Optional<String> objection;
        try {
            Optional<String> writable = Trust.writableByAll(file);
            objection = writable.isPresent() ? writable : Trust.ownedByAnother(file);
        } catch (IOException e) {
            objection = Optional.of(file + ": " + e.getMessage());
        }
        // there is no log to tell it yet
        objection.ifPresent(why -> System.err.println("pop2d: " + file + " is not obeyed: " + why));
        return objection.isEmpty();
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (given().map(file -> isObeyed(file, Trust.isRoot())).orElse(System.getProperty(FILE_GIVEN) != null)
                || ToStandardError.class.getClassLoader().getResource(FILE_OF_TESTS) != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        EventEncoder encoder = new EventEncoder();
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setName("console");
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        LIBRARIES.forEach(name -> context.getLogger(name).setLevel(Level.WARN));
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(console);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
