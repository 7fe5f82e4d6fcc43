package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that can lose power, or have its process killed, at the n-th call that changes something.
 *
 * <p>What was written and not forced is kept apart. At a power failure each sector of it may have reached the disk or
 * not, in any order; sizes follow the order of the calls; names in a directory follow their own order, up to some call.
 */
final class SimulatedDisk implements StorageIo {
    private static final int SECTOR = 16;

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

    private record Write(long position, ByteBuffer data, long truncatedTo) {
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
        final long number;
        byte[] durable = new byte[0];
        byte[] current = new byte[0];
        final List<Write> pending = new ArrayList<>();
        boolean locked;
        long changes;

        Inode(long number) {
            this.number = number;
        }
    }

    private static final class Directory {
        Map<String, Inode> current = new TreeMap<>();
        /** States after each change since the last forcing, the durable one first. */
        final List<Map<String, Inode>> states = new ArrayList<>(List.of(Map.of()));
    }

    private final Map<Path, Directory> directories = new HashMap<>();
    private long inodes;
    private long calls;
    private long cutAt = Long.MAX_VALUE;
    private Cut cut = Cut.BEFORE;
    private @Nullable IOException failure;
    private boolean dead;
    /** Calls that do nothing though they say so, by kind and a part of the path: a step left out. */
    private @Nullable String ignored;

    private String ignoredPath = "";

    /** Kills the process at the n-th changing call from now. */
    void killAt(long n, Cut how) {
        calls = 0;
        cutAt = n;
        cut = how;
        failure = null;
    }

    /** Lets the n-th changing call from now fail, and only that one. */
    void failAt(long n, Cut how, IOException error) {
        killAt(n, how);
        failure = error;
    }

    /** Leaves a step out: {@code force journal}. */
    void ignore(String step) {
        int space = step.indexOf(' ');
        ignored = step.substring(0, space + 1);
        ignoredPath = step.substring(space + 1);
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

    /** The machine lost power. */
    void losePower(Random random) {
        restart();
        for (Directory directory : directories.values()) {
            directory.current = new TreeMap<>(directory.states.get(random.nextInt(directory.states.size())));
            directory.states.clear();
            directory.states.add(Map.copyOf(directory.current));
        }
        for (Directory directory : directories.values()) {
            directory.current.values().forEach(inode -> lose(inode, random));
        }
    }

    private static void lose(Inode inode, Random random) {
        int known = random.nextInt(inode.pending.size() + 1);
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
            int end = (int) write.position() + write.octets().length;
            if (i < known) {
                size = Math.max(size, end);
            }
            content = Arrays.copyOf(content, Math.max(content.length, end));
            for (int at = 0; at < write.octets().length; at += SECTOR) {
                if (random.nextBoolean()) {
                    int length = Math.min(SECTOR, write.octets().length - at);
                    System.arraycopy(write.octets(), at, content, (int) write.position() + at, length);
                }
            }
        }
        inode.current = Arrays.copyOf(content, size);
        inode.durable = inode.current.clone();
        inode.pending.clear();
    }

    /** Whether the call is to be done; half of it where that has a meaning. */
    private double step(String what) throws IOException {
        alive();
        if (ignored != null && what.startsWith(ignored) && what.contains(ignoredPath)) {
            return 0;
        }
        calls++;
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

    /** Another program's delivery: durable, with its own open and close. */
    void append(Path file, byte[] octets) {
        Inode inode = find(file);
        if (inode == null) {
            inode = new Inode(++inodes);
            change(file, inode);
        }
        byte[] longer = Arrays.copyOf(inode.current, inode.current.length + octets.length);
        System.arraycopy(octets, 0, longer, inode.current.length, octets.length);
        inode.current = longer;
        inode.durable = longer.clone();
        inode.pending.clear();
        inode.changes++;
        forceNames(directory(file));
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
            inode = new Inode(++inodes);
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
        Inode inode = find(path);
        if (inode == null) {
            return null;
        }
        int links = (int) directories.values().stream()
                .flatMap(d -> d.current.values().stream())
                .filter(inode::equals)
                .count();
        return new FileStatus(
                FileStatus.Kind.FILE,
                new FileStatus.FileKey(1, inode.number),
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
    public void makeDirectory(Path directory) {
        directories.computeIfAbsent(directory, key -> new Directory());
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
                int end = (int) position + written.length;
                byte[] next = Arrays.copyOf(inode.current, Math.max(inode.current.length, end));
                System.arraycopy(written, 0, next, (int) position, written.length);
                inode.current = next;
                inode.pending.add(new Write(position, ByteBuffer.wrap(written), -1));
                inode.changes++;
            }
            after();
        }

        @Override
        public void force() throws IOException {
            if (step("force " + path) == 1) {
                inode.durable = inode.current.clone();
                inode.pending.clear();
            }
            after();
        }

        @Override
        public void truncate(long size) throws IOException {
            if (step("truncate " + path) == 1 && size < inode.current.length) {
                inode.current = Arrays.copyOf(inode.current, (int) size);
                inode.pending.add(new Write(0, ByteBuffer.allocate(0), size));
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
        public void close() {
            alive();
        }
    }
}
