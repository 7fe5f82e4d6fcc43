package org.pop2.app.fetch;

import java.io.IOException;
import java.util.Optional;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Terminal;
import org.pop2.fetch.DeliveryException;
import org.pop2.fetch.FetchObserver;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.source.AtProvider;

/** Shows on the terminal how far a fetch has come, and knows how it ends. */
final class Watcher implements FetchObserver {
    private final Terminal terminal;
    private final ProgressBar bar;
    private long stored;
    private int exitCode = ExitCode.OK;

    Watcher(Terminal terminal, ProgressBar bar) {
        this.terminal = terminal;
        this.bar = bar;
    }

    /** What the command does: all that is there, whole; and deletes what it has fetched before, too. */
    static FetchPlan plan(boolean delete) {
        return new FetchPlan(
                FetchPlan.Which.ALL,
                Optional.empty(),
                FetchPlan.ANY_OCTETS,
                AtProvider.of(delete ? "delete" : "keep"),
                true);
    }

    long stored() {
        return stored;
    }

    /** Of a fetch that came to its end. */
    int exitCode() {
        return exitCode;
    }

    @Override
    public void octets(long more) {
        bar.octets(more);
    }

    @Override
    public void stored(String key, long octets) {
        stored++;
        bar.message();
    }

    @Override
    public void known(String key) {
        bar.message();
    }

    @Override
    public void refused(String key, IOException why) {
        boolean forNow = why instanceof DeliveryException it && it.kind() == DeliveryException.Kind.TEMPORARY;
        if (!forNow) {
            exitCode = ExitCode.DATA;
        } else if (exitCode == ExitCode.OK) {
            exitCode = ExitCode.TRY_LATER;
        }
        stays(key, String.valueOf(why.getMessage()));
    }

    @Override
    public void left(String key, String why) {
        exitCode = ExitCode.DATA;
        stays(key, why);
    }

    private void stays(String key, String why) {
        bar.wipe();
        terminal.warn("message " + key + " stays on the server: " + why);
    }

    @Override
    public void renumbered(String before, String now) {
        bar.wipe();
        terminal.warn("the provider counts anew: all is read again, and what was fetched is not fetched twice");
    }
}
