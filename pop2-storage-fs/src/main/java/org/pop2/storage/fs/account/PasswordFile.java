package org.pop2.storage.fs.account;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.StateLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts, one a line, as a Dovecot passwd-file has them:
 * {@code user:{SCHEME}hash:uid:gid:gecos:home:shell:extra}. Only the first two fields matter here, and of the extra
 * fields, which are words with blanks between and may have colons, {@code nologin}, which disables the account, and
 * {@code userdb_quota_rule=*:bytes=N:messages=N}, its quota. The other fields, comments, and lines that are no account
 * stay as they are when the file is written, which is done to a new file that replaces the old one.
 */
public final class PasswordFile {
    private static final Logger LOG = LoggerFactory.getLogger(PasswordFile.class);
    private static final int EXTRA_FIELD = 7;
    private static final String DISABLED = "nologin";
    private static final String QUOTA = "userdb_quota_rule=";
    /** Marks a hash in which colon and percent are written as in a URL: no field can hold a colon. */
    private static final String ESCAPED = "{ESC}";
    /** Enough for 100,000 users. */
    private static final int MAX_OCTETS = 64 * 1024 * 1024;

    private final StorageIo io;
    private final Path path;
    private final StateLock lock;
    private final Pause pause;
    private final long lockMillis;

    /** How long a look at the file counts as recent. */
    private static final long RECENT_NANOS = 50_000_000;

    private volatile @Nullable Read cached;
    private volatile long lookedAt;

    public PasswordFile(StorageIo io, Path path, StateLock lock, Pause pause, long lockMillis) {
        this.io = io;
        this.path = path;
        this.lock = lock;
        this.pause = pause;
        this.lockMillis = lockMillis;
    }

    /**
     * The file's lines and its accounts.
     *
     * @param lines with one character for each octet, so that unchanged lines are written back exactly
     */
    private record Read(@Nullable FileStatus status, List<String> lines, Map<String, Account> accounts) {}

    public Optional<Account> find(UserName user) throws IOException {
        return Optional.ofNullable(read().accounts().get(user.value()));
    }

    /** The account at the last look, if that is recent. Touches no file. */
    Optional<Account> recent(UserName user) {
        Read known = cached;
        return known == null || System.nanoTime() - lookedAt >= RECENT_NANOS
                ? Optional.empty()
                : Optional.ofNullable(known.accounts().get(user.value()));
    }

    /** All accounts, by name. */
    List<Account> list() throws IOException {
        return List.copyOf(read().accounts().values());
    }

    void put(Account account) throws IOException {
        locked(() -> write(with(fresh(), account)));
    }

    /** Stores all accounts by writing the file once. */
    void putAll(List<Account> accounts) throws IOException {
        locked(() -> {
            Read now = fresh();
            List<String> lines = new ArrayList<>(now.lines());
            Map<UserName, Integer> places = new HashMap<>();
            for (int i = 0; i < lines.size(); i++) {
                int place = i;
                userOf(lines.get(i)).ifPresent(user -> places.putIfAbsent(user, place));
            }
            for (Account account : accounts) {
                Integer place = places.get(account.user());
                if (place == null) {
                    places.put(account.user(), lines.size());
                    lines.add(line(new String[0], account));
                } else {
                    lines.set(place, line(fields(lines.get(place)), account));
                }
            }
            return write(new Read(now.status(), lines, now.accounts()));
        });
    }

    /** Replaces an account if it equals the expected one; whether it did. */
    boolean replace(Account expected, Account replacement) throws IOException {
        boolean[] replaced = new boolean[1];
        locked(() -> {
            Read now = fresh();
            replaced[0] = expected.equals(now.accounts().get(expected.user().value()));
            return replaced[0] ? write(with(now, replacement)) : now;
        });
        return replaced[0];
    }

    private static Read with(Read read, Account account) {
        List<String> lines = new ArrayList<>(read.lines());
        int at = indexOf(lines, account.user());
        if (at < 0) {
            lines.add(line(new String[0], account));
        } else {
            lines.set(at, line(fields(lines.get(at)), account));
        }
        return new Read(read.status(), lines, read.accounts());
    }

    void remove(UserName user) throws IOException {
        locked(() -> {
            Read now = fresh();
            List<String> lines = new ArrayList<>(now.lines());
            boolean found = lines.removeIf(line -> isOf(line, user));
            if (!found) {
                throw new StoreException(Reason.NOT_FOUND, "no such user: " + user);
            }
            return write(new Read(now.status(), lines, now.accounts()));
        });
    }

    private void locked(StateLock.Body<Read> body) throws IOException {
        Read written = lock.locked("accounts", lockMillis, pause, body);
        synchronized (this) {
            cached = written;
        }
    }

    /** The current contents; read again only if the file has changed. */
    private synchronized Read read() throws IOException {
        Read known = cached;
        long looking = System.nanoTime();
        FileStatus now = io.stat(path);
        boolean unchanged = known != null
                && (now == null ? known.status() == null : known.status() != null && now.sameAs(known.status()));
        if (known == null || !unchanged) {
            known = fresh();
            cached = known;
        }
        lookedAt = looking;
        return known;
    }

    private Read fresh() throws IOException {
        FileStatus status = io.stat(path);
        if (status == null) {
            return new Read(null, List.of(), Map.of());
        }
        if (status.size() > MAX_OCTETS) {
            throw new StoreException(Reason.CORRUPT, path + ": too large for a file of accounts");
        }
        byte[] octets = new byte[(int) status.size()];
        try (IoFile file = io.open(path, StorageIo.Mode.READ)) {
            if (!file.readFully(ByteBuffer.wrap(octets), 0)) {
                throw new StoreException(Reason.BUSY, path + ": changed while it was read");
            }
        } catch (NoSuchFileException e) {
            return new Read(null, List.of(), Map.of());
        }
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
        if (lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        return new Read(status, lines, parse(lines));
    }

    private Map<String, Account> parse(List<String> lines) {
        Map<String, Account> accounts = new TreeMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                Account account = account(line);
                if (accounts.putIfAbsent(account.user().value(), account) != null) {
                    LOG.atWarn()
                            .addKeyValue("file", path)
                            .addKeyValue("line", i + 1)
                            .addKeyValue("user", account.user())
                            .log("account-twice");
                }
            } catch (IllegalArgumentException e) {
                // never the line itself: it may hold a password
                LOG.atWarn()
                        .addKeyValue("file", path)
                        .addKeyValue("line", i + 1)
                        .addKeyValue("error", e.getMessage())
                        .log("account-line-wrong");
            }
        }
        return accounts;
    }

    private static Account account(String line) {
        String[] fields = fields(line);
        if (fields.length < 2) {
            throw new IllegalArgumentException("no password");
        }
        boolean disabled = fields.length > EXTRA_FIELD && isDisabled(fields[EXTRA_FIELD]);
        Optional<Quota> quota = fields.length > EXTRA_FIELD ? quota(fields[EXTRA_FIELD]) : Optional.empty();
        return new Account(new UserName(decoded(fields[0])), unescape(decoded(fields[1])), !disabled, quota);
    }

    /** Decodes octets, one in each character, as UTF-8. */
    private static String decoded(String octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("name or password is not UTF-8", e);
        }
    }

    private static String encoded(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Splits a line; everything after the seventh colon is one field. */
    private static String[] fields(String line) {
        return line.split(":", EXTRA_FIELD + 1);
    }

    /**
     * The quota. A rule that is not understood is ignored: one written for another program must not lock the user out.
     */
    private static Optional<Quota> quota(String extra) {
        return Arrays.stream(extra.split("\\s+"))
                .filter(word -> word.startsWith(QUOTA))
                .findFirst()
                .flatMap(word -> Quota.ofRule(word.substring(QUOTA.length())));
    }

    private static boolean isDisabled(String extra) {
        return Arrays.stream(extra.split("\\s+"))
                .anyMatch(word -> word.equals(DISABLED) || word.equals(DISABLED + "=y"));
    }

    private static String line(String[] before, Account account) {
        boolean usual = account.enabled() && account.quota().isEmpty();
        String[] fields = Arrays.copyOf(before, Math.max(before.length, usual ? 2 : EXTRA_FIELD + 1));
        for (int i = 0; i < fields.length; i++) {
            fields[i] = fields[i] == null ? "" : fields[i];
        }
        fields[0] = encoded(account.user().value());
        fields[1] = encoded(escape(account.passwordHash()));
        if (fields.length > EXTRA_FIELD && isDisabled(fields[EXTRA_FIELD]) == account.enabled()) {
            fields[EXTRA_FIELD] = account.enabled()
                    ? withoutDisabled(fields[EXTRA_FIELD])
                    : (fields[EXTRA_FIELD] + " " + DISABLED).strip();
        }
        if (fields.length > EXTRA_FIELD && !quota(fields[EXTRA_FIELD]).equals(account.quota())) {
            String others = without(fields[EXTRA_FIELD], word -> word.startsWith(QUOTA));
            fields[EXTRA_FIELD] = (others
                            + account.quota()
                                    .map(quota -> " " + QUOTA + quota.rule())
                                    .orElse(""))
                    .strip();
        }
        return String.join(":", fields);
    }

    private static String withoutDisabled(String extra) {
        return without(extra, word -> word.equals(DISABLED) || word.equals(DISABLED + "=y"));
    }

    private static String without(String extra, Predicate<String> unwanted) {
        List<String> words = new ArrayList<>(Arrays.asList(extra.strip().split("\\s+")));
        words.removeIf(unwanted);
        return String.join(" ", words);
    }

    private static String escape(String hash) {
        if (hash.indexOf(':') < 0 && !hash.startsWith(ESCAPED)) {
            return hash;
        }
        return ESCAPED + hash.replace("%", "%25").replace(":", "%3A");
    }

    private static String unescape(String field) {
        if (!field.startsWith(ESCAPED)) {
            return field;
        }
        return field.substring(ESCAPED.length()).replace("%3A", ":").replace("%25", "%");
    }

    private static int indexOf(List<String> lines, UserName user) {
        for (int i = 0; i < lines.size(); i++) {
            if (isOf(lines.get(i), user)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isOf(String line, UserName user) {
        return userOf(line).filter(user::equals).isPresent();
    }

    /** Whose line it is, if it is an account's. */
    private static Optional<UserName> userOf(String line) {
        int colon = line.indexOf(':');
        try {
            return colon > 0 ? UserName.of(decoded(line.substring(0, colon)).strip()) : Optional.empty();
        } catch (IllegalArgumentException e) {
            // nobody's: it was said when the file was read
            return Optional.empty();
        }
    }

    /** Replaces the file by these lines, keeping owner, group and mode, as other programs may read it. */
    private Read write(Read changed) throws IOException {
        StringBuilder text = new StringBuilder();
        changed.lines().forEach(line -> text.append(line).append('\n'));
        Path temporary = path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        boolean done = false;
        try {
            try (IoFile file = io.open(temporary, StorageIo.Mode.CREATE)) {
                file.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.ISO_8859_1)), 0);
                if (changed.status() != null) {
                    io.copyAccess(path, temporary);
                }
                file.force();
            }
            io.rename(temporary, path);
            Path directory = path.getParent();
            if (directory != null) {
                io.forceDirectory(directory);
            }
            done = true;
        } finally {
            if (!done) {
                io.unlink(temporary);
            }
        }
        return fresh();
    }
}
