package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;

/**
 * A disk in memory that can lose power, or have its process killed, at the n-th call that changes something.
 *
 * <p>What was written and not forced is kept apart. At a power failure each sector of it may have reached the disk or
 * not, in any order; sizes follow the order of the calls; names in a directory follow their own order, up to some call.
 * What a failed force was to write is gone, as on Linux: the next force reports success and does not write it.
 */
public final class SimulatedDisk implements StorageIo {
    /** Octets that reach the disk together: small ones tear small files, with large ones a header stays whole. */
    private static final int[] SECTORS = {16, 64, 512};

    /** For a choice that is not left to chance. */
    private static final Random NONE = new Random(0);

    private static final List<String> NEEDS_SPACE = List.of("create ", "write ", "link ", "rename ", "force ");

    /** Where a call is cut. */
    enum Cut {
        BEFORE,
        HALF,
        AFTER
    }

    /** The end of the process: whatever it still tries fails likewise. */
    static final class Dead extends Error {
        private static final long serialVersionUID = 1L;

        Dead() {
            super("the process is dead");
        }
    }

    /** Which of the changes that were not forced a power failure leaves. */
    private enum Left {
        NOTHING,
        EVERYTHING,
        ANYTHING
    }

    /** Another program that delivers as soon as the locks that it knows are free. */
    private record Meanwhile(Path file, Path dotLock, ByteBuffer octets, boolean heedsDotLock) {
        byte[] copy() {
            byte[] copy = new byte[octets.remaining()];
            octets.duplicate().get(copy);
            return copy;
        }
    }

    /** A program that delivers whoever has locked the mailbox. */
    private record Careless(long after, Path file, ByteBuffer octets) {}

    /** @param lost whether a force failed: the size is known, the octets will never be written */
    private record Write(long position, ByteBuffer data, long truncatedTo, boolean lost) {
        byte[] octets() {
            byte[] octets = new byte[data.remaining()];
            data.duplicate().get(octets);
            return octets;
        }

        boolean isTruncation() {
            return truncatedTo >= 0;
        }
    }

    private static final class Inode {
        long number;
        byte[] durable = new byte[0];
        byte[] current = new byte[0];
        final List<Write> pending = new ArrayList<>();
        final boolean directory;
        boolean locked;
        long changes;

        Inode(long number, boolean directory) {
            this.number = number;
            this.directory = directory;
        }
    }

    private static final class Directory {
        Map<String, Inode> current = new TreeMap<>();
        /** States after each change since the last forcing, the durable one first. */
        final List<Map<String, Inode>> states = new ArrayList<>(List.of(Map.of()));
    }

    private final Map<Path, Directory> directories = new HashMap<>();
    private long inodes;
    private long device = 1;
    private long calls;
    private long cutAt = Long.MAX_VALUE;
    private Cut cut = Cut.BEFORE;
    private @Nullable IOException failure;
    private long fullAt = Long.MAX_VALUE;
    private boolean dead;
    private @Nullable Meanwhile meanwhile;
    private long meanwhileFrom;
    private @Nullable Careless careless;
    /** Directories that were made, as opposed to those that always were. */
    private final Set<Path> made = new HashSet<>();

    private final List<String> steps = new ArrayList<>();

    /** Kills the process at the n-th changing call from now. */
    void killAt(long n, Cut how) {
        calls = 0;
        steps.clear();
        cutAt = n;
        cut = how;
        failure = null;
    }

    /** Lets the n-th changing call from now fail, and only that one. */
    void failAt(long n, Cut how, IOException error) {
        killAt(n, how);
        failure = error;
    }

    /** Has no space for anything from the n-th changing call on, until there is {@linkplain #makeRoom room} again. */
    void fillAt(long n) {
        killAt(Long.MAX_VALUE, Cut.BEFORE);
        fullAt = n;
    }

    /** Lets nothing fail any more. */
    void makeRoom() {
        killAt(Long.MAX_VALUE, Cut.BEFORE);
        fullAt = Long.MAX_VALUE;
    }

    /** Lets another program deliver at the n-th changing call from now, or as soon as it may after it. */
    void deliverMeanwhile(long n, MailboxPath mailbox, byte[] octets, boolean heedsDotLock) {
        meanwhile = new Meanwhile(mailbox.file(), mailbox.dotLock(), ByteBuffer.wrap(octets), heedsDotLock);
        meanwhileFrom = n;
    }

    /** Lets a program that heeds no lock deliver when the n-th changing call from now is done. */
    void deliverAfter(long n, Path file, byte[] octets) {
        careless = new Careless(n, file, ByteBuffer.wrap(octets));
    }

    private void deliverCarelessly(long now) {
        Careless delivery = careless;
        if (delivery != null && now >= delivery.after()) {
            careless = null;
            byte[] octets = new byte[delivery.octets().remaining()];
            delivery.octets().duplicate().get(octets);
            append(delivery.file(), octets);
        }
    }

    /** That program gets its turn at last, if it has not had it. */
    void deliverNow() {
        deliverCarelessly(Long.MAX_VALUE);
        Meanwhile delivery = meanwhile;
        if (delivery != null) {
            meanwhile = null;
            append(delivery.file(), delivery.copy());
        }
    }

    /** What was done since the last cut was set: {@code "force /mail/alice"}. */
    List<String> steps() {
        return List.copyOf(steps);
    }

    /** Changing calls since the last cut was set. */
    long calls() {
        return calls;
    }

    boolean isDead() {
        return dead;
    }

    /** The process was killed; the kernel lives and keeps all that was written. */
    void restart() {
        dead = false;
        killAt(Long.MAX_VALUE, Cut.BEFORE);
        directories.values().forEach(d -> d.current.values().forEach(i -> i.locked = false));
    }

    /** The disk is known by another number from now on. */
    void renumber() {
        device++;
    }

    /** What is on the disk is on another one from now on: every file has another inode. */
    void move() {
        renumber();
        directories.values().forEach(d -> new HashSet<>(d.current.values()).forEach(i -> i.number = ++inodes));
    }

    /** The machine lost power. Of the disk that comes back only the content is what it was. */
    void losePower(Random random) {
        restart();
        Left names = oneOf(Left.values(), random);
        Left data = oneOf(Left.values(), random);
        Left sizes = oneOf(Left.values(), random);
        int sector = SECTORS[random.nextInt(SECTORS.length)];
        for (Directory directory : directories.values()) {
            int state = part(directory.states.size() - 1, names, random);
            directory.current = new TreeMap<>(directory.states.get(state));
            forceNames(directory);
        }
        made.stream()
                .sorted(Comparator.comparing(Path::getNameCount))
                .filter(directory -> find(directory) == null)
                .toList()
                .forEach(gone -> {
                    made.remove(gone);
                    directories.remove(gone);
                });
        for (Directory directory : directories.values()) {
            for (Inode inode : directory.current.values()) {
                int known = part(inode.pending.size(), sizes, random);
                inode.durable = written(inode, known, data, sector, random);
                inode.current = inode.durable.clone();
                inode.pending.clear();
            }
        }
        if (random.nextBoolean()) {
            renumber();
        } else {
            move();
        }
    }

    private static <T> T oneOf(T[] values, Random random) {
        return values[random.nextInt(values.length)];
    }

    private static int part(int all, Left left, Random random) {
        return switch (left) {
            case NOTHING -> 0;
            case EVERYTHING -> all;
            case ANYTHING -> random.nextInt(all + 1);
        };
    }

    /** The durable octets after so many of the pending changes of the size, and those sectors that were lucky. */
    private static byte[] written(Inode inode, int known, Left left, int sector, Random random) {
        byte[] content = inode.durable;
        int size = content.length;
        for (int i = 0; i < inode.pending.size(); i++) {
            Write write = inode.pending.get(i);
            if (write.isTruncation()) {
                if (i < known) {
                    size = (int) write.truncatedTo();
                    content = Arrays.copyOf(Arrays.copyOf(content, Math.min(size, content.length)), size);
                }
                continue;
            }
            byte[] octets = write.octets();
            int end = (int) write.position() + octets.length;
            if (i < known) {
                size = Math.max(size, end);
            }
            content = Arrays.copyOf(content, Math.max(content.length, end));
            for (int at = 0; at < octets.length && !write.lost(); at += sector) {
                boolean lucky = switch (left) {
                    case NOTHING -> false;
                    case EVERYTHING -> true;
                    case ANYTHING -> random.nextBoolean();
                };
                if (lucky) {
                    int length = Math.min(sector, octets.length - at);
                    System.arraycopy(octets, at, content, (int) write.position() + at, length);
                }
            }
        }
        return Arrays.copyOf(content, size);
    }

    private static void force(Inode inode) {
        if (!inode.pending.isEmpty()) {
            inode.durable = written(inode, inode.pending.size(), Left.EVERYTHING, SECTORS[0], NONE);
            inode.pending.clear();
        }
    }

    /** What the kernel does with pages that it could not write: it takes them for written. */
    private static void failToForce(Inode inode) {
        inode.pending.replaceAll(write -> new Write(write.position(), write.data(), write.truncatedTo(), true));
    }

    private void deliverIfFree() {
        Meanwhile delivery = meanwhile;
        if (delivery == null || calls < meanwhileFrom) {
            return;
        }
        Inode mailbox = find(delivery.file());
        boolean free = delivery.heedsDotLock() ? find(delivery.dotLock()) == null : mailbox == null || !mailbox.locked;
        if (free) {
            meanwhile = null;
            append(delivery.file(), delivery.copy());
        }
    }

    /** Whether the call is to be done; half of it where that has a meaning. */
    private double step(String what) throws IOException {
        alive();
        calls++;
        steps.add(what);
        deliverIfFree();
        if (calls >= fullAt && NEEDS_SPACE.stream().anyMatch(what::startsWith)) {
            throw new IOException("No space left on device");
        }
        if (calls != cutAt) {
            return 1;
        }
        if (failure != null) {
            if (cut == Cut.BEFORE) {
                throw failure;
            }
            return cut == Cut.HALF ? 0.5 : 1;
        }
        if (cut == Cut.BEFORE) {
            dead = true;
            throw new Dead();
        }
        return cut == Cut.HALF ? 0.5 : 1;
    }

    private void after() throws IOException {
        deliverCarelessly(calls);
        if (calls == cutAt && !dead) {
            cutAt = Long.MAX_VALUE;
            if (failure != null) {
                throw failure;
            }
            dead = true;
            throw new Dead();
        }
    }

    private void alive() {
        if (dead) {
            throw new Dead();
        }
    }

    private Directory directory(Path file) {
        return directories.computeIfAbsent(file.getParent(), key -> new Directory());
    }

    private @Nullable Inode find(Path file) {
        return directory(file).current.get(file.getFileName().toString());
    }

    /** Whether it is one of the directories that a storage has made before anything else. */
    private static boolean isState(Path path) {
        return path.startsWith("/state") && path.getNameCount() == 2;
    }

    private void change(Path file, @Nullable Inode inode) {
        Directory directory = directory(file);
        String name = file.getFileName().toString();
        if (inode == null) {
            directory.current.remove(name);
        } else {
            directory.current.put(name, inode);
        }
        directory.states.add(Map.copyOf(directory.current));
    }

    /** What is in a file; for the test's eyes. */
    byte[] content(Path file) {
        Inode inode = find(file);
        return inode == null ? new byte[0] : inode.current.clone();
    }

    /** Another program's delivery: durable, with its own open and close, directory and all. */
    public void append(Path file, byte[] octets) {
        Inode inode = find(file);
        if (inode == null) {
            inode = new Inode(++inodes, false);
            change(file, inode);
        }
        write(inode, inode.current.length, octets);
        force(inode);
        forceNames(directory(file));
        Path parent = file.getParent();
        if (parent != null) {
            forceNames(directory(parent));
        }
    }

    /** Another program writes the whole file anew, in place. */
    void rewrite(Path file, byte[] octets) {
        Inode inode = find(file);
        if (inode == null) {
            throw new IllegalStateException("no " + file);
        }
        inode.current = octets.clone();
        inode.durable = octets.clone();
        inode.pending.clear();
        inode.changes++;
    }

    /** Another program puts a new file where the old one was. */
    void replace(Path file, byte[] octets) {
        change(file, new Inode(++inodes, false));
        rewrite(file, octets);
        forceNames(directory(file));
    }

    private static void write(Inode inode, int position, byte[] octets) {
        int end = position + octets.length;
        byte[] next = Arrays.copyOf(inode.current, Math.max(inode.current.length, end));
        System.arraycopy(octets, 0, next, position, octets.length);
        inode.current = next;
        inode.pending.add(new Write(position, ByteBuffer.wrap(octets), -1, false));
        inode.changes++;
    }

    private static void forceNames(Directory directory) {
        directory.states.clear();
        directory.states.add(Map.copyOf(directory.current));
    }

    List<String> names(Path directory) {
        return List.copyOf(directories
                .computeIfAbsent(directory, key -> new Directory())
                .current
                .keySet());
    }

    @Override
    public IoFile open(Path file, Mode mode) throws IOException {
        alive();
        Inode inode = find(file);
        if (mode == Mode.CREATE) {
            if (inode != null) {
                throw new FileAlreadyExistsException(file.toString());
            }
            step("create " + file);
            inode = new Inode(++inodes, false);
            change(file, inode);
            after();
        } else if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new SimulatedFile(file, inode);
    }

    @Override
    public @Nullable FileStatus stat(Path path) {
        alive();
        Inode inode = isState(path) ? new Inode(0, true) : find(path);
        if (inode == null) {
            return null;
        }
        int links = (int) directories.values().stream()
                .flatMap(d -> d.current.values().stream())
                .filter(inode::equals)
                .count();
        return new FileStatus(
                inode.directory ? FileStatus.Kind.DIRECTORY : FileStatus.Kind.FILE,
                new FileStatus.FileKey(device, inode.number),
                links,
                ProcessIdentity.uid(),
                0600,
                inode.current.length,
                inode.changes * 1_000_000_007,
                inode.changes * 1_000_000_007);
    }

    @Override
    public String owner(Path path) {
        return "user";
    }

    /** Everything here is of one owner and mode. */
    @Override
    public void copyAccess(Path from, Path to) {}

    @Override
    public void rename(Path from, Path to) throws IOException {
        Inode inode = find(from);
        if (inode == null) {
            throw new NoSuchFileException(from.toString());
        }
        if (step("rename " + from) == 1) {
            directory(from).current.remove(from.getFileName().toString());
            change(to, inode);
        }
        after();
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        alive();
        Inode inode = find(existing);
        if (inode == null) {
            throw new NoSuchFileException(existing.toString());
        }
        if (find(link) != null) {
            throw new FileAlreadyExistsException(link.toString());
        }
        if (step("link " + link) == 1) {
            change(link, inode);
        }
        after();
    }

    @Override
    public void unlink(Path path) throws IOException {
        alive();
        if (find(path) == null) {
            return;
        }
        if (step("unlink " + path) == 1) {
            change(path, null);
        }
        after();
    }

    @Override
    public void makeDirectory(Path directory) throws IOException {
        alive();
        if (find(directory) != null) {
            return;
        }
        step("make " + directory);
        change(directory, new Inode(++inodes, true));
        made.add(directory);
        directories.put(directory, new Directory());
        after();
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        if (step("forceDirectory " + directory) == 1) {
            forceNames(directories.computeIfAbsent(directory, key -> new Directory()));
        }
        after();
    }

    @Override
    public List<String> list(Path directory) {
        alive();
        return names(directory);
    }

    @Override
    public boolean isWritable(Path directory) {
        return true;
    }

    @Override
    public boolean isWritableByAll(Path file) throws IOException {
        return false;
    }

    @Override
    public long usableSpace(Path path) {
        return Long.MAX_VALUE;
    }

    @Override
    public String fileSystemType(Path path) {
        return "simulated";
    }

    private final class SimulatedFile implements IoFile {
        private final Path path;
        private final Inode inode;

        SimulatedFile(Path path, Inode inode) {
            this.path = path;
            this.inode = inode;
        }

        @Override
        public int read(ByteBuffer into, long position) {
            alive();
            int length = (int) Math.min(into.remaining(), inode.current.length - position);
            if (length <= 0) {
                return into.hasRemaining() ? -1 : 0;
            }
            into.put(inode.current, (int) position, length);
            return length;
        }

        @Override
        public void write(ByteBuffer octets, long position) throws IOException {
            byte[] all = new byte[octets.remaining()];
            octets.get(all);
            double part = step("write " + path);
            byte[] written = Arrays.copyOf(all, (int) (all.length * part));
            if (written.length > 0) {
                SimulatedDisk.write(inode, (int) position, written);
            }
            after();
        }

        @Override
        public void force() throws IOException {
            double part;
            try {
                part = step("force " + path);
            } catch (IOException e) {
                failToForce(inode);
                throw e;
            }
            if (part == 1) {
                SimulatedDisk.force(inode);
            } else if (failure != null) {
                failToForce(inode);
            }
            after();
        }

        @Override
        public void truncate(long size) throws IOException {
            if (step("truncate " + path) == 1 && size < inode.current.length) {
                inode.current = Arrays.copyOf(inode.current, (int) size);
                inode.pending.add(new Write(0, ByteBuffer.allocate(0), size, false));
                inode.changes++;
            }
            after();
        }

        @Override
        public long size() {
            alive();
            return inode.current.length;
        }

        @Override
        public boolean tryLock(boolean shared) {
            alive();
            boolean got = !inode.locked;
            inode.locked = true;
            return got;
        }

        @Override
        public void unlock() {
            alive();
            inode.locked = false;
        }

        @Override
        public boolean tryLock(long octet) {
            return tryLock(false);
        }

        @Override
        public void unlock(long octet) {
            unlock();
        }

        @Override
        public void close() {
            alive();
            // a process loses its lock on a file when it closes any descriptor of it
            inode.locked = false;
        }
    }
}
