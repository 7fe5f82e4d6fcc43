package org.pop2.storage.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/**
 * Accounts as small files in a directory, one each (rule S1): for a storage on one node that keeps its mail in files. A
 * file is replaced as a whole, and safe on the disk when a change completes.
 */
public final class AccountFiles implements Accounts {
    private final Path directory;
    private final Executor executor;

    /**
     * @param directory exists; used by nothing else
     * @param executor runs what reads and writes
     */
    public AccountFiles(Path directory, Executor executor) {
        this.directory = directory;
        this.executor = executor;
    }

    /** The account, if it exists. Blocks: for the storage's own threads. */
    public synchronized Optional<Account> look(UserName user) {
        try {
            return Optional.of(read(Files.readAllLines(file(user), StandardCharsets.UTF_8)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw DurableFiles.failed(e);
        }
    }

    /**
     * The account now. Blocks.
     *
     * @throws StoreException with {@link Reason#NOT_FOUND} if there is none
     */
    public Account require(UserName user) {
        return look(user).orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "no account: " + user));
    }

    /** Hexadecimal, so that no name is a path and no file system confuses two names. */
    private Path file(UserName user) {
        return directory.resolve(HexFormat.of().formatHex(user.value().getBytes(StandardCharsets.UTF_8)));
    }

    private static Account read(List<String> lines) {
        return new Account(
                new UserName(lines.get(0)),
                lines.get(1),
                lines.get(2).equals("enabled"),
                lines.size() > 3 ? Quota.ofRule(lines.get(3)) : Optional.empty());
    }

    private synchronized void write(Account account) {
        String text = account.user() + "\n" + account.passwordHash() + "\n"
                + (account.enabled() ? "enabled" : "disabled") + "\n"
                + account.quota().map(it -> it.rule() + "\n").orElse("");
        DurableFiles.write(file(account.user()), text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Publisher<Account> find(UserName user) {
        return Flows.list(executor, () -> look(user).stream().toList());
    }

    @Override
    public Publisher<Void> put(Account account) {
        return Flows.run(executor, () -> write(account));
    }

    @Override
    public Publisher<Boolean> replace(Account expected, Account replacement) {
        if (!expected.user().equals(replacement.user())) {
            throw new IllegalArgumentException("a replacement of another user's account");
        }
        return Flows.list(executor, () -> List.of(replaced(expected, replacement)));
    }

    private synchronized boolean replaced(Account expected, Account replacement) {
        boolean same = look(expected.user()).filter(expected::equals).isPresent();
        if (same) {
            write(replacement);
        }
        return same;
    }

    @Override
    public Publisher<Void> remove(UserName user) {
        return Flows.run(executor, () -> removed(user));
    }

    private synchronized void removed(UserName user) {
        require(user);
        DurableFiles.delete(List.of(file(user)));
    }

    @Override
    public Publisher<Account> list() {
        return Flows.list(executor, this::all);
    }

    private synchronized List<Account> all() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(it -> !it.getFileName().toString().endsWith(DurableFiles.UNFINISHED))
                    .map(AccountFiles::read)
                    .sorted(Comparator.comparing(it -> it.user().value()))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw DurableFiles.failed(e);
        }
    }

    private static Account read(Path file) {
        try {
            return read(Files.readAllLines(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
