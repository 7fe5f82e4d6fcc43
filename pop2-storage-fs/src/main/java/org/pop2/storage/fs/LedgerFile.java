package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Ledgers;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.io.Work;
import org.pop2.storage.transfer.StateFile;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A ledger in a file of the state directory, held by a lock that ends with the process. */
final class LedgerFile implements Ledgers.Ledger {
    private static final String MAGIC = "pop2d ledger 1";

    private final Work work;
    private final Path path;
    private final StateFile file;
    private @Nullable List<String> lines;

    private LedgerFile(Work work, Path path, StateFile file, List<String> lines) {
        this.work = work;
        this.path = path;
        this.file = file;
        this.lines = lines;
    }

    static Mono<Ledgers.Ledger> open(Work work, Path directory, String name) {
        Path path = directory.resolve(name);
        return work.call(path, () -> {
            StateFile file = StateFile.open(path, directory.resolve(name + ".lock"), "collection");
            boolean good = false;
            try {
                LedgerFile ledger = new LedgerFile(work, path, file, read(file));
                good = true;
                return ledger;
            } finally {
                if (!good) {
                    file.close();
                }
            }
        });
    }

    private static List<String> read(StateFile file) throws IOException {
        List<String> lines = file.lines(MAGIC);
        if (lines.isEmpty()) {
            file.begin(MAGIC);
            return List.of();
        }
        return List.copyOf(lines.subList(1, lines.size()));
    }

    @Override
    public Publisher<List<String>> lines() {
        return work.call(path, () -> {
            List<String> read = lines;
            if (read == null) {
                throw new StoreException(StoreException.Reason.UNAVAILABLE, "a ledger is read before it is written");
            }
            return read;
        });
    }

    @Override
    public Publisher<Void> append(List<String> more) {
        List<String> checked = Ledgers.checked(more);
        return work.call(path, () -> {
            lines = null;
            if (!checked.isEmpty()) {
                file.append(checked);
            }
            return null;
        });
    }

    @Override
    public Publisher<Void> replace(List<String> all) {
        List<String> checked = Ledgers.checked(all);
        return work.call(path, () -> {
            lines = null;
            file.replace(MAGIC, checked);
            return null;
        });
    }

    @Override
    public Publisher<Void> close() {
        return work.call(path, () -> {
            file.close();
            return null;
        });
    }
}
