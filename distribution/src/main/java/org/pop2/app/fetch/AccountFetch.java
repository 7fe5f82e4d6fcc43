package org.pop2.app.fetch;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.fetch.AccountCollector;
import org.pop2.fetch.AccountCollectors;
import org.pop2.fetch.DeliveryException;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.FileJournal;
import org.pop2.fetch.Journal;
import org.pop2.fetch.LeadingLine;
import org.pop2.fetch.Target;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.fetch.source.SourceException;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreException;

/** {@code pop2d fetch --from}: an account of IMAP or POP3. */
final class AccountFetch {
    private final Terminal terminal;
    private final SourceSettings settings;

    AccountFetch(
            Terminal terminal, SourceAddress address, Secret secret, Optional<Path> authorities, Duration timeout) {
        this.terminal = terminal;
        this.settings = new SourceSettings(address, SourceSettings.Login.of(secret), authorities, false, timeout);
    }

    /** @param notes what was fetched; none: nothing is remembered */
    int to(Destination destination, Optional<Path> notes, Path beside, boolean delete, long limit)
            throws CommandFailedException {
        String subject = settings.address() + " to " + destination;
        try (ProgressBar bar = ProgressBar.on(terminal, 0);
                Journal journal =
                        notes.isPresent() ? FileJournal.open(notes.get(), "collect", subject) : new Forgotten();
                Target target = Targets.open(
                        destination,
                        terminal.out(),
                        beside,
                        terminal.environment().getOrDefault("HOSTNAME", "localhost"),
                        settings.timeout())) {
            Watcher watcher = new Watcher(terminal, bar);
            AccountCollector collector = AccountCollectors.of(
                    settings,
                    target,
                    journal,
                    Watcher.plan(delete),
                    LeadingLine.Finder.NONE,
                    watcher,
                    () -> watcher.stored() >= limit);
            FetchResult result;
            try (AccountCollector.Session session = collector.connect()) {
                result = session.run();
                session.finish();
            }
            bar.wipe();
            String summary = "fetched " + Amounts.messages(result.stored())
                    + (result.refused() == 0 ? "" : ", " + Amounts.messages(result.refused()) + " were refused")
                    + " from " + settings.address();
            if (destination instanceof Destination.Output) {
                terminal.warn(summary);
            } else {
                terminal.say(summary + " to " + destination);
            }
            return watcher.exitCode();
        } catch (SourceException e) {
            throw new CommandFailedException(exitCode(e.reason()), String.valueOf(e.getMessage()), e);
        } catch (DeliveryException e) {
            int exitCode = e.kind() == DeliveryException.Kind.NO_RECIPIENT ? ExitCode.NO_USER : ExitCode.TRY_LATER;
            throw new CommandFailedException(exitCode, String.valueOf(e.getMessage()), e);
        } catch (StoreException e) {
            throw CommandFailedException.of(e);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.IO, "not fetched: " + Reasons.of(e), e);
        }
    }

    private static int exitCode(SourceException.Reason reason) {
        return switch (reason) {
            case TLS -> ExitCode.UNAVAILABLE;
            case LOGIN_REFUSED -> ExitCode.NO_PERMISSION;
            case PROTOCOL -> ExitCode.PROTOCOL;
            case CONNECTION, REFUSED, GONE -> ExitCode.TRY_LATER;
        };
    }
}
