package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Message;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.Pause;
import reactor.core.publisher.Mono;

/**
 * An mbox file to which messages are appended as the storage does it: under the locks of MTAs and mail programs, quoted
 * as mboxrd, each message completely or not at all. Blocks.
 */
public final class MboxFile implements AutoCloseable {
    private final MboxStore store;
    private final MailboxPath path;

    private MboxFile(MboxStore store, MailboxPath path) {
        this.store = store;
        this.path = path;
    }

    /**
     * A file, created with the first message if missing.
     *
     * @param state a directory for recovery data, used by nothing else, on a local file system
     * @throws IOException if one of the directories cannot be used
     * @throws org.pop2.storage.StoreException if the storage cannot work there, for example on a network file system
     */
    public static MboxFile open(Path file, Path state) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        Path name = absolute.getFileName();
        Path parent = absolute.getParent();
        if (name == null || parent == null) {
            throw new IOException(file + " is not the name of a file");
        }
        Map<String, String> settings = Map.of(
                "inbox",
                parent + "/{user}",
                "folders",
                state.resolve("folders") + "/{user}/{folder}",
                "accounts",
                state.resolve("accounts").toString(),
                "state",
                state.toString(),
                "workers",
                "1",
                "readers",
                "1");
        MboxStore store = MboxStore.open(
                MboxSettings.of(new StoreSettings(settings, HoldPolicy.DEFAULT, state)), new RealIo(), Pause.REAL);
        return new MboxFile(store, new MailboxPath(parent, name, System.getProperty("user.name")));
    }

    /**
     * Appends a message: durably when this returns, and not at all if it fails.
     *
     * @throws org.pop2.storage.StoreException if it cannot be appended
     */
    public void append(Message message) {
        store.append(path, message, Optional.empty()).block();
    }

    /**
     * The same with a given From_ line.
     *
     * @param fromLine from a {@link org.pop2.storage.fs.format.LeadingFromLine}; empty: it is made from sender and time
     */
    public void append(Message message, Optional<byte[]> fromLine) {
        store.append(path, message, fromLine).block();
    }

    @Override
    public void close() {
        Mono.from(store.close()).block();
    }
}
