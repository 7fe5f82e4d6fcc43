package org.pop2.app.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks who can change files that this program obeys. Only root and the program's own user should be able to, for the
 * file and for each directory above it, since write access to a directory allows replacing files in it.
 *
 * <p>Root refuses to obey others. Other users are warned, as nobody could gain more than that user's rights. Has no
 * logger: the log's own configuration is looked at before there is one.
 */
public final class Trust {
    private static final Path SELF = Path.of("/proc/self");
    private static final String UID = "unix:uid";
    private static final int ROOT = 0;
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int STICKY = 01000;
    private static final int OTHERS_WRITE = 0002;

    private Trust() {}

    /**
     * Refuses, if run by root, files that others can change.
     *
     * @throws CommandFailedException as a wrong configuration
     */
    public static void requireOfRoot(Collection<Path> obeyed) throws CommandFailedException {
        requireOfRoot(obeyed, isRoot());
    }

    public static void requireOfRoot(Collection<Path> obeyed, boolean root) throws CommandFailedException {
        Optional<String> doubt = root ? doubt(obeyed) : Optional.empty();
        if (doubt.isPresent()) {
            throw new CommandFailedException(ExitCode.CONFIG, doubt.get() + ", or do not run this as root");
        }
    }

    /** What is wrong with the first file that others can change, and what to do about it. */
    public static Optional<String> doubt(Collection<Path> obeyed) {
        return obeyed.stream().map(Trust::doubt).flatMap(Optional::stream).findFirst();
    }

    private static Optional<String> doubt(Path obeyed) {
        Path path = obeyed.toAbsolutePath().normalize();
        try {
            // links are followed for their target, and looked at where they stand
            Set<Path> steps = new LinkedHashSet<>();
            add(path, steps);
            add(path.toRealPath(), steps);
            Integer self = uid(SELF);
            for (Path step : steps) {
                Optional<String> doubt = doubt(step, self);
                if (doubt.isPresent()) {
                    return doubt;
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            // what is not there is not obeyed; whoever reads it says so better
            return Optional.empty();
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            // no such owners and modes here
            return Optional.empty();
        }
    }

    private static void add(Path path, Set<Path> steps) {
        for (Path step = path; step != null; step = step.getParent()) {
            steps.add(step);
        }
    }

    private static Optional<String> doubt(Path step, @Nullable Integer self) throws IOException {
        int mode = number(step, "unix:mode");
        // in a sticky directory, /tmp for one, everybody may make files, and nobody may replace those of others
        boolean sticky = (mode & TYPE) == DIRECTORY && (mode & STICKY) != 0;
        if ((mode & OTHERS_WRITE) != 0 && !sticky) {
            return Optional.of(step + " can be written by everybody: chmod o-w " + step);
        }
        for (int owner : new int[] {number(step, UID), number(step, UID, LinkOption.NOFOLLOW_LINKS)}) {
            if (owner != ROOT && (self == null || owner != self)) {
                return Optional.of(step + " belongs to another user (id " + owner
                        + "), who can change it: run this as that user," + " or chown root " + step);
            }
        }
        return Optional.empty();
    }

    private static @Nullable Integer uid(Path path) throws IOException {
        return Files.exists(path) ? number(path, UID) : null;
    }

    private static int number(Path path, String attribute, LinkOption... options) throws IOException {
        return (Integer) Objects.requireNonNull(Files.getAttribute(path, attribute, options));
    }

    public static boolean isRoot() {
        try {
            Integer uid = uid(SELF);
            // not Linux: the name has to do
            return uid == null ? System.getProperty("user.name", "").equals("root") : uid == ROOT;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return System.getProperty("user.name", "").equals("root");
        }
    }
}
