package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where each user's mailboxes are, by the two templates of the configuration. */
public final class MailboxPaths {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxPaths.class);
    private static final String USER = "{user}";
    private static final String FOLDER = "{folder}";
    /** Deepest nesting of folders that is listed. */
    private static final int MAX_DEPTH = 16;
    /** Most folders that are listed. */
    private static final int MAX_FOLDERS = 10_000;

    private final Path directory;
    private final String inbox;
    private final String folders;
    private final Optional<String> owner;

    /**
     * @param directory against which relative templates are resolved
     * @param owner who owns all mailboxes; nothing: the system's user of the same name, or the server's
     */
    public MailboxPaths(Path directory, String inbox, String folders, Optional<String> owner) {
        require("inbox", inbox, USER);
        require("folders", folders, USER);
        require("folders", folders, FOLDER);
        if (!folders.endsWith("/" + FOLDER)) {
            throw new IllegalArgumentException("folders: {folder} must be the last part of the path");
        }
        if (folders.indexOf(USER) > folders.indexOf(FOLDER) || inbox.contains(FOLDER)) {
            throw new IllegalArgumentException(
                    "inbox, folders: {user} comes before {folder}, and inbox has no {folder}");
        }
        this.directory = directory;
        this.inbox = inbox;
        this.folders = folders;
        this.owner = owner;
    }

    private static void require(String setting, String template, String placeholder) {
        int at = template.indexOf(placeholder);
        if (at < 0 || template.indexOf(placeholder, at + 1) >= 0) {
            throw new IllegalArgumentException(setting + ": expected a path with one " + placeholder);
        }
    }

    /**
     * Where a user's folder is.
     *
     * @throws StoreException if the locale of this process has no such names of files
     */
    public MailboxPath of(UserName user, FolderName folder) {
        return folder.isInbox() ? path(inbox, user, "") : path(folders, user, folder.value());
    }

    /** The directories above all mailboxes, which the administrator vouches for. */
    public List<Path> bases() {
        return List.of(base(inbox), base(folders));
    }

    /** The directories, known beforehand, in which mailboxes are: a spool. */
    public List<Path> fixedDirectories() {
        return inbox.indexOf('/', inbox.indexOf(USER)) < 0 ? List.of(base(inbox)) : List.of();
    }

    private Path base(String template) {
        int slash = template.lastIndexOf('/', template.indexOf(USER));
        return directory
                .resolve(slash <= 0 ? (slash == 0 ? "/" : "") : template.substring(0, slash))
                .normalize();
    }

    private MailboxPath path(String template, UserName user, String folder) {
        int slash = template.lastIndexOf('/', template.indexOf(USER));
        String below = template.substring(slash + 1).replace(USER, user.value());
        // the folder last: its name may hold anything but braces, the user's too
        String file = below.endsWith(FOLDER) ? below.substring(0, below.length() - FOLDER.length()) + folder : below;
        try {
            return new MailboxPath(base(template), Path.of(file), owner.orElse(user.value()));
        } catch (InvalidPathException e) {
            throw StoreErrors.of(e);
        }
    }

    /** The mailbox whose file that is, if it lies where a template says. */
    public Optional<MailboxPath> find(Path file) {
        for (String template : List.of(inbox, folders)) {
            Path base = base(template);
            if (!file.startsWith(base) || file.equals(base)) {
                continue;
            }
            int slash = template.lastIndexOf('/', template.indexOf(USER));
            String[] around = template.substring(slash + 1).replace(FOLDER, "").split(Pattern.quote(USER), -1);
            String rest = base.relativize(file).toString();
            String first = rest.substring(0, rest.indexOf('/') < 0 ? rest.length() : rest.indexOf('/'));
            String after = around[1].indexOf('/') < 0 ? around[1] : around[1].substring(0, around[1].indexOf('/'));
            if (first.length() < around[0].length() + after.length()) {
                continue;
            }
            Optional<UserName> user = UserName.of(first.substring(around[0].length(), first.length() - after.length()));
            String below = template.equals(inbox) ? "" : "/";
            if (user.isPresent() && (below.isEmpty() || rest.length() > first.length())) {
                String prefix = template.substring(slash + 1)
                        .replace(USER, user.get().value())
                        .replace(FOLDER, "");
                boolean fits = below.isEmpty()
                        ? rest.equals(prefix)
                        : rest.startsWith(prefix)
                                && FolderName.of(rest.substring(prefix.length()))
                                        .isPresent();
                if (fits) {
                    FolderName folder =
                            below.isEmpty() ? FolderName.INBOX : new FolderName(rest.substring(prefix.length()));
                    return Optional.of(of(user.get(), folder));
                }
            }
        }
        return Optional.empty();
    }

    /** The user's folders that exist, by name. */
    public List<FolderName> list(StorageIo io, UserName user) throws IOException {
        TreeMap<String, FolderName> found = new TreeMap<>();
        FileStatus own = io.stat(of(user, FolderName.INBOX).file());
        if (own != null && own.isFile()) {
            found.put(FolderName.INBOX.value(), FolderName.INBOX);
        }
        MailboxPath any = path(folders, user, "x");
        Path root = any.directory();
        Path at = any.base();
        for (Path part : any.base().relativize(root)) {
            at = at.resolve(part);
            FileStatus status = io.stat(at);
            if (!part.toString().isEmpty() && (status == null || status.kind() != FileStatus.Kind.DIRECTORY)) {
                return new ArrayList<>(found.values());
            }
        }
        list(io, root, "", 0, found);
        return new ArrayList<>(found.values());
    }

    private static void list(StorageIo io, Path directory, String prefix, int depth, Map<String, FolderName> found)
            throws IOException {
        if (depth > MAX_DEPTH) {
            return;
        }
        for (String entry : readable(io, directory)) {
            StoreErrors.requireReadable(entry);
            String name = prefix + entry;
            Optional<FolderName> folder = FolderName.of(name);
            if (folder.isEmpty() || found.size() >= MAX_FOLDERS) {
                continue;
            }
            Path path = directory.resolve(entry);
            FileStatus status = readable(io, directory, path);
            if (status != null && status.kind() == FileStatus.Kind.DIRECTORY) {
                list(io, path, name + "/", depth + 1, found);
            } else if (status != null && status.isFile() && !folder.get().isInbox()) {
                found.put(name, folder.get());
            }
        }
    }

    /** What is in a directory; nothing if we may not look: the user's other folders are no worse for it. */
    private static List<String> readable(StorageIo io, Path directory) throws IOException {
        try {
            return io.list(directory);
        } catch (IOException e) {
            passOver(directory, e);
            return List.of();
        }
    }

    private static @Nullable FileStatus readable(StorageIo io, Path directory, Path entry) throws IOException {
        try {
            return io.stat(entry);
        } catch (IOException e) {
            passOver(directory, e);
            return null;
        }
    }

    private static void passOver(Path directory, IOException error) throws IOException {
        if (!StoreErrors.isDenied(error)) {
            throw error;
        }
        LOG.atWarn()
                .addKeyValue("mailbox", directory)
                .addKeyValue("error", StoreErrors.of(error).getMessage())
                .log("folder-unreadable");
    }
}
