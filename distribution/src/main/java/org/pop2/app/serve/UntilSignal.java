package org.pop2.app.serve;

import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a server running until SIGTERM or SIGINT, then stops it and ends the process with exit code 0. */
final class UntilSignal {
    private static final Logger LOG = LoggerFactory.getLogger(UntilSignal.class);

    /**
     * Announces the server and waits. Does not return before the server has stopped.
     *
     * @param cleanUp what remains to be done after the stop
     */
    static int run(Terminal terminal, Serving serving, Runnable announcement, Runnable cleanUp) {
        // Java would end with 143; who asks a server to stop and is obeyed should not be told of a failure
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            int exitCode = stop(serving);
                            cleanUp.run();
                            Runtime.getRuntime().halt(exitCode);
                        },
                        "stop"));
        serving.management().ifPresent(address -> terminal.say("management on " + address));
        serving.intake().ifPresent(address -> terminal.say("taking mail on " + address + " (LMTP)"));
        serving.addresses().forEach(address -> terminal.say("listening on " + address));
        announcement.run();
        serving.await();
        return ExitCode.OK;
    }

    private static int stop(Serving serving) {
        LOG.atInfo().log("server-stopping");
        try {
            serving.stop();
            LOG.atInfo().log("server-stopped");
            return ExitCode.OK;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("server-stop-failed");
            return ExitCode.SOFTWARE;
        }
    }

    private UntilSignal() {}
}
