package org.pop2.app.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who else could have written a file. Whoever may write it, or change a name in a directory above it, says what the
 * reader does.
 */
public final class Trust {
    private static final Path SELF = Path.of("/proc/self");

    private static final int OTHERS_WRITE = 0002;
    private static final int STICKY = 01000;
    private static final int ROOT = 0;

    private Trust() {}

    /** Whether this process is root. */
    public static boolean isRoot() {
        try {
            return Integer.valueOf(ROOT).equals(Files.getAttribute(SELF, "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            // not Linux: the name has to do
            return System.getProperty("user.name", "").equals("root");
        }
    }

    /**
     * Why the file is not to be believed: everybody may write it, or a directory on the way to it, also by way of
     * links. In a directory like {@code /tmp} everybody may make names, but change only their own. Nothing where a
     * system does not tell.
     *
     * @throws IOException if it cannot be looked at
     */
    public static Optional<String> writableByAll(Path file) throws IOException {
        for (Path each : wayTo(file)) {
            int mode = number(each, "unix:mode");
            boolean shared = (mode & STICKY) != 0 && Files.isDirectory(each) && !each.equals(file);
            if ((mode & OTHERS_WRITE) != 0 && !shared && !Files.isSymbolicLink(each)) {
                return Optional.of(each + " can be written by everybody: chmod o-w " + each);
            }
        }
        return Optional.empty();
    }

    /**
     * Why a server of root does not believe the file: it, or something on the way to it, is neither root's nor of the
     * user that this process runs as.
     *
     * @throws IOException if it cannot be looked at
     */
    public static Optional<String> ownedByAnother(Path file) throws IOException {
        for (Path each : wayTo(file)) {
            int owner = number(each, "unix:uid");
            if (owner != ROOT && !Integer.valueOf(owner).equals(ownUid())) {
                return Optional.of(each + " belongs to another user: chown root " + each);
            }
        }
        return Optional.empty();
    }

    private static @Nullable Object ownUid() throws IOException {
        return Files.exists(SELF) ? Files.getAttribute(SELF, "unix:uid") : null;
    }

    /** Mode or owner of what is there under that name itself; 0 where there are none. */
    private static int number(Path each, String attribute) throws IOException {
        if (!each.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return 0;
        }
        return Files.getAttribute(each, attribute, LinkOption.NOFOLLOW_LINKS) instanceof Integer number ? number : 0;
    }

    /** The file, what its links lead to, and every directory above each of them. */
    private static Set<Path> wayTo(Path file) throws IOException {
        Set<Path> way = new LinkedHashSet<>();
        add(way, file.toAbsolutePath());
        add(way, file.toRealPath());
        return way;
    }

    private static void add(Set<Path> way, Path file) throws IOException {
        for (Path each = file; each != null; each = each.getParent()) {
            // a link among the directories has a way of its own
            if (way.add(each) && Files.isSymbolicLink(each)) {
                add(way, each.resolveSibling(Files.readSymbolicLink(each)).toAbsolutePath());
            }
        }
    }
}
