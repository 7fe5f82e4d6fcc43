package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.journal.Journal;

/**
 * Every step that makes releases and deliveries safe is needed, and the crash matrix notices when one is left out: here
 * each is left out, or done at the wrong time, between the server and the disk.
 */
class LeftOutStepTest {
    private static final int ROUNDS = 60;

    private interface Campaign {
        Optional<String> run(CrashMatrix matrix) throws IOException;
    }

    private interface Change {
        StorageIo over(StorageIo disk);
    }

    /** @param step what is left out or done wrongly */
    record Case(String step, Campaign campaign, CrashMatrix.Mutation mutation) {
        @Override
        public String toString() {
            return step;
        }
    }

    private static final Campaign RELEASES = matrix -> matrix.releases(1);
    private static final Campaign DELIVERIES = matrix -> matrix.deliveries(1);
    private static final Campaign RECOVERIES = matrix -> matrix.recoveries(1);

    /** Whatever the server does. */
    private static Case always(String step, Campaign campaign, Change change) {
        return new Case(step, campaign, (disk, life) -> change.over(disk));
    }

    /** Before the first crash. */
    private static Case first(String step, Campaign campaign, Change change) {
        return new Case(step, campaign, (disk, life) -> life == 0 ? change.over(disk) : disk);
    }

    /** In recoveries. */
    private static Case recovery(String step, Campaign campaign, Change change) {
        return new Case(step, campaign, (disk, life) -> life > 0 ? change.over(disk) : disk);
    }

    static Stream<Case> cases() {
        return Stream.of(
                // the release
                always("the journal is not forced", RELEASES, disk -> noForce(disk, ".journal", StorageIo.Mode.CREATE)),
                always("the journal's name is not forced", RELEASES, LeftOutStepTest::noForceAfterCreatingJournal),
                first("the dot-lock is not forced", RELEASES, disk -> noDirectoryForce(disk, CrashMatrix.MAIL)),
                always("the image is not forced before the truncation", RELEASES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.WRITE || journal == null;
                    }
                }),
                always("the truncation is not forced", RELEASES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.TRUNCATE || !wrote;
                    }
                }),
                first(
                        "the truncation of a release that keeps nothing is not forced",
                        RELEASES,
                        disk -> new Ordered(disk) {
                            @Override
                            boolean forces(Last last, boolean wrote) {
                                return last != Last.TRUNCATE || wrote;
                            }
                        }),
                always("the truncation comes before the image", RELEASES, LeftOutStepTest::truncateFirst),
                always("the journal goes before the truncation", RELEASES, disk -> new Ordered(disk) {
                    @Override
                    void before(Last now) throws IOException {
                        if (now == Last.TRUNCATE && journal != null) {
                            disk.unlink(journal);
                        }
                    }
                }),
                always("the journal goes before the truncation is forced", RELEASES, disk -> new Ordered(disk) {
                    @Override
                    void after(Last now) throws IOException {
                        if (now == Last.TRUNCATE && journal != null) {
                            disk.unlink(journal);
                            disk.forceDirectory(CrashMatrix.JOURNALS);
                        }
                    }
                }),
                always("that the journal went is not forced", RELEASES, LeftOutStepTest::noForceAfterRemovingJournal),
                first("half of the image is written", RELEASES, LeftOutStepTest::writeHalf),

                // the recovery of a release
                recovery("a journal is not looked for", RELEASES, disk -> hidden(disk, ".journal")),
                recovery("a torn journal is believed", RELEASES, disk -> patched(disk, ".journal", Bytes::seal)),
                recovery(
                        "the range that the truncation removes is not compared",
                        RELEASES,
                        disk -> patched(disk, ".journal", journal -> {
                            journal.trustRemovedRange(disk);
                            journal.seal();
                        })),
                recovery(
                        "what is before the image is not compared",
                        CrashMatrix::rewritings,
                        disk -> patched(disk, ".journal", journal -> {
                            journal.trustBefore(disk, 24, 56);
                            journal.seal();
                        })),
                recovery("new mail is forgotten", RELEASES, LeftOutStepTest::forgetNewMail),
                recovery("half of the image is written again", RELEASES, LeftOutStepTest::writeHalf),
                recovery(
                        "the journal that was found is not forced",
                        RECOVERIES,
                        disk -> noForce(disk, ".journal", StorageIo.Mode.READ)),
                recovery(
                        "the name of the journal that was found is not forced",
                        RECOVERIES,
                        LeftOutStepTest::noForceOfNamesThatWereFound),
                recovery("the dot-lock is not forced", RECOVERIES, disk -> noDirectoryForce(disk, CrashMatrix.MAIL)),
                recovery(
                        "the journal with the new mail is not forced",
                        RELEASES,
                        disk -> noForce(disk, ".next", StorageIo.Mode.CREATE)),
                recovery("the new journal's name is not forced", RECOVERIES, LeftOutStepTest::noForceAfterRename),
                recovery("the new journal is written over the old one", RECOVERIES, LeftOutStepTest::journalInPlace),
                recovery("an unfinished new journal stays", RECOVERIES, disk -> new ForwardingIo(disk) {
                    @Override
                    public void unlink(Path path) throws IOException {
                        if (!path.toString().endsWith(".next")) {
                            super.unlink(path);
                        }
                    }
                }),
                recovery("a truncation that is found done is not forced", RECOVERIES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.NOTHING || journal == null;
                    }
                }),

                // locks
                always("no fcntl lock is taken", CrashMatrix::meanwhile, LeftOutStepTest::noFcntl),
                always("no dot-lock is taken", CrashMatrix::meanwhile, LeftOutStepTest::noDotLock),
                recovery("recovery takes no fcntl lock", CrashMatrix::meanwhile, LeftOutStepTest::noFcntl),
                recovery("recovery takes no dot-lock", CrashMatrix::meanwhile, LeftOutStepTest::noDotLock),

                // the delivery
                always("the note is not forced", DELIVERIES, disk -> noForce(disk, ".delivery", StorageIo.Mode.CREATE)),
                always(
                        "the note's name is not forced",
                        DELIVERIES,
                        disk -> noDirectoryForce(disk, CrashMatrix.JOURNALS)),
                first("the message is not forced", DELIVERIES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return false;
                    }
                }),
                first("the note goes before the message is forced", DELIVERIES, disk -> new Ordered(disk) {
                    @Override
                    void before(Last now) throws IOException {
                        if (now == Last.FORCE && note != null) {
                            disk.unlink(note);
                            disk.forceDirectory(CrashMatrix.JOURNALS);
                        }
                    }
                }),
                first("a new mailbox's name is not forced", DELIVERIES, LeftOutStepTest::noForceAfterCreatingMailbox),
                first("a new directory's name is not forced", DELIVERIES, LeftOutStepTest::noForceAfterMakingDirectory),
                always("a batch is appended message by message", matrix -> matrix.piecemeal(1), disk -> disk),

                // the repair
                always(
                        "what is kept is not forced",
                        CrashMatrix::repairs,
                        disk -> noForce(disk, ".tmp", StorageIo.Mode.CREATE)),
                always(
                        "what is kept is not forced by its name",
                        CrashMatrix::repairs,
                        disk -> noDirectoryForce(disk, CrashMatrix.MAIL)),
                always(
                        "line feeds are not forced before the image",
                        CrashMatrix::repairs,
                        disk -> noForce(disk, ".delivery", StorageIo.Mode.CREATE)),

                // the recovery of a delivery
                recovery("a note is not looked for", DELIVERIES, disk -> hidden(disk, ".delivery")),
                recovery("a torn note is believed", DELIVERIES, disk -> patched(disk, ".delivery", Bytes::seal)),
                recovery(
                        "what is before the delivery is not compared",
                        CrashMatrix::rewritings,
                        disk -> patched(disk, ".delivery", note -> {
                            note.trustBefore(disk, 8, 24);
                            note.seal();
                        })),
                recovery("that torn octets are cut off is not forced", RECOVERIES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.TRUNCATE || note == null;
                    }
                }),
                recovery("what is found as it should be is not forced", RECOVERIES, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.NOTHING || note == null;
                    }
                }),

                // errors of the disk
                first("what a failed delivery left is not cut off", CrashMatrix::failures, disk -> new Ordered(disk) {
                    @Override
                    boolean truncates() {
                        return note == null;
                    }
                }),
                first("that it is cut off is not forced", CrashMatrix::failures, disk -> new Ordered(disk) {
                    @Override
                    boolean forces(Last last, boolean wrote) {
                        return last != Last.TRUNCATE || note == null;
                    }
                }),
                first("a failed force is tried again", CrashMatrix::failures, LeftOutStepTest::forceAgain),
                first(
                        "the journal goes though the release failed",
                        CrashMatrix::failures,
                        LeftOutStepTest::journalGoes),

                // the index
                always("a torn index is believed", DELIVERIES, disk -> patched(disk, ".index", Bytes::checksum)),
                always(
                        "an index of other times is believed",
                        RELEASES,
                        disk -> patched(disk, ".index", index -> {
                            index.trustStatus(disk);
                            index.checksum();
                        })),
                always(
                        "head and tail are not compared with the index",
                        CrashMatrix::rewritings,
                        disk -> patched(disk, ".index", index -> {
                            index.trustHeadAndTail(disk);
                            index.checksum();
                        })));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void isNoticed(Case left) throws IOException {
        long seed = Long.getLong("pop2.crash.seed", new Random().nextLong());
        CrashMatrix matrix = new CrashMatrix(seed, left.mutation());
        Optional<String> noticed = Optional.empty();
        for (int round = 0; round < ROUNDS && noticed.isEmpty(); round++) {
            noticed = left.campaign().run(matrix);
        }
        assertThat(noticed)
                .as("%s: what the matrix noticed in %d runs, seed %d", left, matrix.cuts(), seed)
                .isPresent();
    }

    private static boolean isMailbox(Path file) {
        return file.startsWith(CrashMatrix.MAIL) && !file.toString().endsWith(".lock");
    }

    private static StorageIo noForce(StorageIo disk, String suffix, StorageIo.Mode mode) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile file(Path path, Mode opened, IoFile real) {
                return !path.toString().endsWith(suffix) || opened != mode
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public void force() {}
                        };
            }
        };
    }

    private static StorageIo noDirectoryForce(StorageIo disk, Path directory) {
        return new ForwardingIo(disk) {
            @Override
            public void forceDirectory(Path forced) throws IOException {
                if (!forced.equals(directory)) {
                    super.forceDirectory(forced);
                }
            }
        };
    }

    /** Leaves out the forcing of a directory that follows some event. */
    abstract static class NoForceAfter extends ForwardingIo {
        private boolean happened;

        NoForceAfter(StorageIo disk) {
            super(disk);
        }

        void happened() {
            happened = true;
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            if (!happened) {
                super.forceDirectory(directory);
            }
            happened = false;
        }
    }

    private static StorageIo noForceAfterCreatingJournal(StorageIo disk) {
        return new NoForceAfter(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                if (mode == Mode.CREATE && path.toString().endsWith(".journal")) {
                    happened();
                }
                return real;
            }
        };
    }

    private static StorageIo noForceAfterCreatingMailbox(StorageIo disk) {
        return new NoForceAfter(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                if (mode == Mode.CREATE && isMailbox(path)) {
                    happened();
                }
                return real;
            }
        };
    }

    private static StorageIo noForceAfterMakingDirectory(StorageIo disk) {
        return new NoForceAfter(disk) {
            @Override
            public void makeDirectory(Path directory) throws IOException {
                super.makeDirectory(directory);
                happened();
            }
        };
    }

    private static StorageIo noForceAfterRemovingJournal(StorageIo disk) {
        return new NoForceAfter(disk) {
            @Override
            public void unlink(Path path) throws IOException {
                super.unlink(path);
                if (path.toString().endsWith(".journal")) {
                    happened();
                }
            }
        };
    }

    private static StorageIo noForceAfterRename(StorageIo disk) {
        return new NoForceAfter(disk) {
            @Override
            public void rename(Path from, Path to) throws IOException {
                super.rename(from, to);
                if (from.toString().endsWith(".next")) {
                    happened();
                }
            }
        };
    }

    private static StorageIo noForceOfNamesThatWereFound(StorageIo disk) {
        return new ForwardingIo(disk) {
            private boolean changed;

            @Override
            public void unlink(Path path) throws IOException {
                super.unlink(path);
                changed |= path.toString().endsWith(".journal");
            }

            @Override
            public void rename(Path from, Path to) throws IOException {
                super.rename(from, to);
                changed |= from.toString().endsWith(".next");
            }

            @Override
            public void forceDirectory(Path directory) throws IOException {
                if (changed || !directory.equals(CrashMatrix.JOURNALS)) {
                    super.forceDirectory(directory);
                }
            }
        };
    }

    /** Sees in which order a mailbox is changed, and which journal or note is in use. */
    abstract static class Ordered extends ForwardingIo {
        enum Last {
            NOTHING,
            WRITE,
            TRUNCATE,
            FORCE
        }

        @Nullable
        Path journal;

        @Nullable
        Path note;

        Ordered(StorageIo disk) {
            super(disk);
        }

        void before(Last now) throws IOException {}

        void after(Last now) throws IOException {}

        boolean forces(Last last, boolean wrote) {
            return true;
        }

        boolean truncates() {
            return true;
        }

        @Override
        public void unlink(Path path) throws IOException {
            super.unlink(path);
            journal = path.equals(journal) ? null : journal;
            note = path.equals(note) ? null : note;
        }

        @Override
        public IoFile file(Path path, Mode mode, IoFile real) {
            if (path.toString().endsWith(".journal")) {
                journal = path;
            }
            if (path.toString().endsWith(".delivery")) {
                note = path;
            }
            return !isMailbox(path)
                    ? real
                    : new ForwardingFile(real) {
                        private Last last = Last.NOTHING;
                        private boolean wrote;

                        @Override
                        public void write(ByteBuffer octets, long position) throws IOException {
                            if (octets.hasRemaining()) {
                                before(Last.WRITE);
                                super.write(octets, position);
                                after(Last.WRITE);
                                last = Last.WRITE;
                                wrote = true;
                            }
                        }

                        @Override
                        public void truncate(long size) throws IOException {
                            before(Last.TRUNCATE);
                            if (truncates()) {
                                super.truncate(size);
                            }
                            after(Last.TRUNCATE);
                            last = Last.TRUNCATE;
                        }

                        @Override
                        public void force() throws IOException {
                            before(Last.FORCE);
                            if (forces(last, wrote)) {
                                super.force();
                            }
                            after(Last.FORCE);
                            last = Last.FORCE;
                        }
                    };
        }
    }

    private static StorageIo truncateFirst(StorageIo disk) {
        return new ForwardingIo(disk) {
            private final List<ByteBuffer> held = new ArrayList<>();
            private final List<Long> positions = new ArrayList<>();
            private boolean journaled;

            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                journaled |= path.toString().endsWith(".journal");
                return !isMailbox(path)
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public void write(ByteBuffer octets, long position) throws IOException {
                                if (!journaled) {
                                    super.write(octets, position);
                                    return;
                                }
                                byte[] copy = new byte[octets.remaining()];
                                octets.get(copy);
                                held.add(ByteBuffer.wrap(copy));
                                positions.add(position);
                            }

                            @Override
                            public void truncate(long size) throws IOException {
                                super.truncate(size);
                                for (int i = 0; i < held.size(); i++) {
                                    super.write(held.get(i), positions.get(i));
                                }
                                held.clear();
                                positions.clear();
                            }
                        };
            }
        };
    }

    private static StorageIo writeHalf(StorageIo disk) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                return !isMailbox(path)
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public void write(ByteBuffer octets, long position) throws IOException {
                                ByteBuffer half = octets.duplicate();
                                octets.position(octets.limit());
                                super.write(half.limit(half.position() + half.remaining() / 2), position);
                            }
                        };
            }
        };
    }

    private static StorageIo hidden(StorageIo disk, String suffix) {
        return new ForwardingIo(disk) {
            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                return path.toString().endsWith(suffix) ? null : super.stat(path);
            }
        };
    }

    private static StorageIo forgetNewMail(StorageIo disk) {
        return new ForwardingIo(disk) {
            private long known = Long.MAX_VALUE;

            @Override
            public IoFile file(Path path, Mode mode, IoFile real) throws IOException {
                if (mode == Mode.READ
                        && path.toString().endsWith(".journal")
                        && Journal.read(real).isPresent()) {
                    known = Journal.read(real).get().oldSize();
                }
                return !isMailbox(path)
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public long size() throws IOException {
                                return Math.min(known, super.size());
                            }
                        };
            }
        };
    }

    private static StorageIo journalInPlace(StorageIo disk) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile open(Path file, Mode mode) throws IOException {
                String name = file.toString();
                if (name.endsWith(".next")) {
                    IoFile old = disk.open(Path.of(name.substring(0, name.length() - 5)), Mode.WRITE);
                    old.truncate(0);
                    return old;
                }
                return name.endsWith(".journal")
                        ? new Patched(super.open(file, mode), bytes -> {})
                        : super.open(file, mode);
            }

            @Override
            public void rename(Path from, Path to) throws IOException {
                if (!from.toString().endsWith(".next")) {
                    super.rename(from, to);
                }
            }
        };
    }

    private static StorageIo noFcntl(StorageIo disk) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                return new ForwardingFile(real) {
                    @Override
                    public boolean tryLock(boolean shared) {
                        return true;
                    }

                    @Override
                    public void unlock() {}
                };
            }
        };
    }

    private static StorageIo noDotLock(StorageIo disk) {
        return new ForwardingIo(disk) {
            private boolean isLock(Path path) {
                return path.toString().endsWith(".lock");
            }

            @Override
            public IoFile open(Path file, Mode mode) throws IOException {
                if (!isLock(file)) {
                    return super.open(file, mode);
                }
                if (mode != Mode.CREATE) {
                    throw new NoSuchFileException(file.toString());
                }
                // written to nothing
                SimulatedDisk elsewhere = new SimulatedDisk();
                return elsewhere.open(file, mode);
            }

            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                return isLock(path) ? null : super.stat(path);
            }

            @Override
            public void link(Path existing, Path link) throws IOException {
                if (!isLock(link)) {
                    super.link(existing, link);
                }
            }

            @Override
            public void unlink(Path path) throws IOException {
                if (!isLock(path)) {
                    super.unlink(path);
                }
            }
        };
    }

    private static StorageIo forceAgain(StorageIo disk) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                return new ForwardingFile(real) {
                    @Override
                    public void force() throws IOException {
                        try {
                            super.force();
                        } catch (IOException e) {
                            super.force();
                        }
                    }
                };
            }
        };
    }

    private static StorageIo journalGoes(StorageIo disk) {
        return new ForwardingIo(disk) {
            private @Nullable Path journal;

            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                journal = path.toString().endsWith(".journal") ? path : journal;
                return !isMailbox(path)
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public void write(ByteBuffer octets, long position) throws IOException {
                                try {
                                    super.write(octets, position);
                                } catch (IOException e) {
                                    throw gone(e);
                                }
                            }

                            @Override
                            public void truncate(long size) throws IOException {
                                try {
                                    super.truncate(size);
                                } catch (IOException e) {
                                    throw gone(e);
                                }
                            }
                        };
            }

            private IOException gone(IOException error) throws IOException {
                if (journal != null) {
                    disk.unlink(journal);
                }
                return error;
            }
        };
    }

    private interface Patch {
        void apply(Bytes file) throws IOException;
    }

    private static StorageIo patched(StorageIo disk, String suffix, Patch patch) {
        return new ForwardingIo(disk) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) throws IOException {
                return mode == Mode.READ && path.toString().endsWith(suffix) ? new Patched(real, patch) : real;
            }
        };
    }

    /** A file that is read as if it were something else: what is compared with it then fits. */
    private static final class Patched extends ForwardingIo.ForwardingFile {
        private final byte[] content;

        Patched(IoFile real, Patch patch) throws IOException {
            super(real);
            content = new byte[(int) real.size()];
            real.readFully(ByteBuffer.wrap(content), 0);
            patch.apply(new Bytes(content));
        }

        @Override
        public int read(ByteBuffer into, long position) {
            int length = (int) Math.min(into.remaining(), content.length - position);
            if (length <= 0) {
                return -1;
            }
            into.put(content, (int) position, length);
            return length;
        }

        @Override
        public long size() {
            return content.length;
        }
    }

    /** The fields of journals, notes and indexes, by their offsets. */
    private static final class Bytes {
        private static final int START = 24;
        private static final int OLD_SIZE = 32;
        private static final int IMAGE_LENGTH = 40;
        private static final int REMOVED_HASH = 88;

        private static final int CHECKSUM = 8;
        private static final int INDEX_STATUS = 24;
        private static final int INDEX_END = 64;
        private static final int HEAD_HASH = 72;
        private static final int TAIL_HASH = 104;
        private static final int INDEX_HEADER = 136;

        private final byte[] octets;

        Bytes(byte[] octets) {
            this.octets = octets;
        }

        private long at(int offset) {
            return ByteBuffer.wrap(octets).getLong(offset);
        }

        private void put(int offset, String hash) {
            System.arraycopy(Hashes.octets(hash), 0, octets, offset, Hashes.LENGTH);
        }

        void seal() {
            int sealed = octets.length - Hashes.LENGTH;
            if (sealed > 0) {
                put(sealed, Hashes.sha256(Arrays.copyOf(octets, sealed)));
            }
        }

        void checksum() {
            if (octets.length >= INDEX_HEADER) {
                CRC32C crc = new CRC32C();
                crc.update(octets, CHECKSUM + Integer.BYTES, octets.length - CHECKSUM - Integer.BYTES);
                ByteBuffer.wrap(octets).putInt(CHECKSUM, (int) crc.getValue());
            }
        }

        void trustRemovedRange(StorageIo disk) throws IOException {
            if (octets.length > REMOVED_HASH + Hashes.LENGTH) {
                IoFile mailbox = disk.open(CrashMatrix.ALICE.file(), StorageIo.Mode.READ);
                long from = at(START) + at(IMAGE_LENGTH);
                if (mailbox.size() >= at(OLD_SIZE)) {
                    put(REMOVED_HASH, Hashes.of(mailbox, from, at(OLD_SIZE)));
                }
            }
        }

        void trustBefore(StorageIo disk, int offset, int hash) throws IOException {
            if (octets.length > hash + Hashes.LENGTH) {
                IoFile mailbox = disk.open(CrashMatrix.ALICE.file(), StorageIo.Mode.READ);
                if (mailbox.size() >= at(offset)) {
                    put(hash, Hashes.before(mailbox, at(offset)));
                }
            }
        }

        void trustStatus(StorageIo disk) throws IOException {
            FileStatus now = disk.stat(CrashMatrix.ALICE.file());
            if (now != null && octets.length >= INDEX_HEADER) {
                ByteBuffer.wrap(octets)
                        .position(INDEX_STATUS)
                        .putLong(now.key().device())
                        .putLong(now.key().inode())
                        .putLong(now.size())
                        .putLong(now.mtime())
                        .putLong(now.ctime())
                        .putLong(now.size());
            }
        }

        void trustHeadAndTail(StorageIo disk) throws IOException {
            if (octets.length >= INDEX_HEADER) {
                IoFile mailbox = disk.open(CrashMatrix.ALICE.file(), StorageIo.Mode.READ);
                long end = at(INDEX_END);
                if (mailbox.size() >= end) {
                    put(HEAD_HASH, Hashes.of(mailbox, 0, Math.min(Hashes.PIECE, end)));
                    put(TAIL_HASH, Hashes.before(mailbox, end));
                }
            }
        }
    }
}
