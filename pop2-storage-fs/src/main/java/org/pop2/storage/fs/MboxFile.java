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
 * One mbox file that messages are added to, as the storage adds them: under the locks that MTAs and mail programs take,
 * quoted as mboxrd, all of a message or nothing. Blocks.
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
     * @param state a directory of its own for what has to survive a crash, on a local file system
     * @throws IOException if one of the directories cannot be used
     * @throws org.pop2.storage.StoreException if the storage cannot work there, on a network file system for example
     */
    public static MboxFile open(Path file, Path state) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        Path name = absolute.getFileName();
        Path parent = absolute.getParent();
        if (name == null || parent == null) {
            throw new IOException(file + " is no name of a file");
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
     * Adds a message. It is durable when this returns, and nothing was added if this fails.
     *
     * @throws org.pop2.storage.StoreException if it cannot be
     */
    public void append(Message message) {
        store.append(path, message, Optional.empty()).block();
    }

    /**
     * The same with the From_ line that came with the message.
     *
     * @param fromLine of a {@link org.pop2.storage.fs.format.LeadingFromLine}; nothing: one is made, of the sender and
     *     the time
     */
    public void append(Message message, Optional<byte[]> fromLine) {
        store.append(path, message, fromLine).block();
    }

    @Override
    public void close() {
        Mono.from(store.close()).block();
    }
}
