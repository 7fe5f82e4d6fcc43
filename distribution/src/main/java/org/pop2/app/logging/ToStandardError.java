package org.pop2.app.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;

/**
 * What {@code conf/logback.xml.example} says, without the time that reading XML takes at a start. Logback finds it as a
 * service, and asks it first; whoever has a configuration of his own gets that.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class ToStandardError extends ContextAwareBase implements Configurator {
    private static final String FILE_GIVEN = "logback.configurationFile";
    private static final String FILE_OF_TESTS = "logback-test.xml";
    private static final List<String> LIBRARIES = List.of("io.netty", "reactor", "io.r2dbc", "org.flywaydb");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty(FILE_GIVEN) != null
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
        // in a container or a tunnel there is no hardware address, and nothing here needs one
        context.getLogger("io.netty.util.internal.MacAddressUtil").setLevel(Level.ERROR);
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(console);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
