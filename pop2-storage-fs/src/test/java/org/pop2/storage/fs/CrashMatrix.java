package org.pop2.storage.fs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.journal.Replacements;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.Liveness;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.Sightings;

/**
 * Runs releases and deliveries on a simulated disk and cuts them, and the recoveries after them, at every changing
 * call: before it, half-way through, and after it; by a kill and by a power failure; with and without mail that arrives
 * in between. Afterwards the mailbox must hold what it held before or what it should hold, and all that arrived; what
 * was acknowledged must be there; and what is served must be what a slow and obvious reader finds in the file.
 *
 * <p>Each campaign returns the first thing that was wrong. With a {@link Mutation} between the server and the disk,
 * that leaves out one step, something must be: otherwise the campaign would not notice if that step were lost.
 */
final class CrashMatrix {
    static final Path STATE = Path.of("/state");
    static final Path MAIL = Path.of("/mail");
    static final Path JOURNALS = STATE.resolve("journals");
    static final MailboxPath ALICE = new MailboxPath(MAIL, Path.of("alice"), "alice");
    static final MailboxPath NEW = new MailboxPath(MAIL, Path.of("bob"), "bob");
    static final MailboxPath FOLDER = new MailboxPath(MAIL, Path.of("lists/box"), "alice");
    static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1000, 8192);

    private static final byte[] BODY = "Subject: new\n\nhello\n".repeat(30).getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FROM = "From bob Mon Nov 23 12:00:00 2026\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MEANWHILE = message(9, 4);
    private static final byte[] QUOTED = join(new byte[] {'>'}, MEANWHILE);
    private static final int MAILS = 4;
    private static final List<SimulatedDisk.Cut> CUTS = List.of(SimulatedDisk.Cut.values());
    private static final List<End> ENDS = List.of(End.values());

    /** What stands between the server and the disk. */
    interface Mutation {
        /** The correct server. */
        Mutation NONE = (disk, life) -> disk;

        /**
         * Puts it there.
         *
         * @param life 0 for the process that is cut first, 1 for the recovery after it, and so on
         */
        StorageIo over(StorageIo disk, int life);
    }

    /** How a life ends. */
    enum End {
        KILL,
        POWER
    }

    /**
     * The end of a life.
     *
     * @param at number of the changing call
     */
    record Death(long at, SimulatedDisk.Cut how, End end) {}

    private interface Action {
        /** @param acknowledge to be run whenever a client or MTA is told that all is well */
        void on(Server server, Runnable acknowledge) throws IOException;
    }

    /**
     * Something that a server does.
     *
     * @param before what is in the mailbox; empty: there is none
     * @param states what may be in it, in the order in which it should come to it; each is acknowledged
     * @param appends whether it adds to the mailbox, so that mail behind a torn rest of it makes that rest stay
     */
    private record Scenario(
            String name,
            MailboxPath mailbox,
            List<byte[]> before,
            List<byte[]> states,
            boolean appends,
            Action action) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** One life of the server's process on a disk. */
    static final class Server {
        private final StorageIo io;
        private final MboxFiles files;

        Server(StorageIo io) {
            this.io = io;
            ProcessIdentity self = ProcessIdentity.create();
            Liveness liveness = new Liveness() {
                @Override
                public ProcessIdentity self() {
                    return self;
                }

                @Override
                public State stateOf(ProcessIdentity holder) {
                    return holder.equals(self) ? State.ALIVE : State.DEAD;
                }
            };
            Pause pause = new Pause() {
                private long now = 1_000_000_000_000L;

                @Override
                public void millis(long duration) {
                    now += duration;
                }

                @Override
                public long now() {
                    return now++;
                }

                @Override
                public long elapsed() {
                    return now++;
                }
            };
            ChannelRegistry channels = new ChannelRegistry();
            Commits commits = new Commits(io, JOURNALS);
            Deliveries deliveries = new Deliveries(io, JOURNALS);
            // a lock of ours that power left without content is waited for until it is old
            files = new MboxFiles(
                    io,
                    channels,
                    new MboxLocks(
                            io,
                            channels,
                            liveness,
                            new Sightings(io, STATE.resolve("locks"), self.boot(), pause),
                            pause,
                            MboxLocks.Kind.BOTH,
                            10_000,
                            1_000),
                    commits,
                    deliveries,
                    new IndexFile(io, STATE.resolve("indexes"), FORMAT),
                    FORMAT,
                    new Replacements(io, STATE.resolve("spool"), commits, deliveries),
                    pause);
        }

        /** What a client sees; opening recovers. */
        List<String> open(MailboxPath path) throws IOException {
            Counted counted = files.open(path);
            if (counted == null) {
                return List.of();
            }
            List<String> messages = new ArrayList<>();
            for (int number = 1; number <= counted.index().count(); number++) {
                int row = counted.index().rowOf(number);
                try (Counted.Place place = counted.place(row, row)) {
                    messages.add(TestMailboxes.wire(place.file(), place.index(), place.row(row), FORMAT.quoting()));
                }
            }
            counted.close();
            return messages;
        }

        void recover(MailboxPath path) throws IOException {
            Counted counted = files.open(path);
            if (counted != null) {
                counted.close();
            }
        }

        @Nullable
        Counted hold(MailboxPath path) throws IOException {
            return files.open(path);
        }

        void release(Counted counted, int... numbers) throws IOException {
            BitSet deleted = new BitSet();
            Arrays.stream(numbers).forEach(deleted::set);
            files.delete(counted, deleted, () -> {});
            counted.close();
        }

        void release(MailboxPath path, int... numbers) throws IOException {
            release(Objects.requireNonNull(files.open(path), "no mailbox"), numbers);
        }

        void repair(MailboxPath path) throws IOException {
            files.repair(path, false);
        }

        void deliver(MailboxPath path, byte[]... messages) throws IOException {
            try (StoredMessage stored = new StoredMessage(io, STATE.resolve("spool"), Quoting.MBOXRD, FROM)) {
                for (int i = 0; i < messages.length; i++) {
                    if (i > 0) {
                        stored.next(FROM);
                    }
                    stored.add(ByteBuffer.wrap(messages[i]));
                    stored.complete();
                }
                files.append(path, stored);
            }
        }
    }

    private final long seed;
    private final Random random;
    private final Mutation mutation;
    private final Set<String> cuts = new HashSet<>();
    private int repairCuts;
    private final Set<String> placesCut = new HashSet<>();

    CrashMatrix(long seed, Mutation mutation) {
        this.seed = seed;
        this.random = new Random(seed);
        this.mutation = mutation;
    }

    /** Distinct runs so far, a run being all its cuts together. */
    int cuts() {
        return cuts.size();
    }

    /** Where a life was cut: {@code "recovery: force alice HALF"}. */
    Set<String> placesCut() {
        return placesCut;
    }

    static byte[] message(int number, int lines) {
        return ("From alice Mon Nov 23 12:00:0" + number % 10 + " 2026\nSubject: " + number + "\n\n"
                        + ("line of message " + number + "\n").repeat(lines) + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Five messages without some of them. */
    static byte[] mailbox(int... without) {
        byte[] all = new byte[0];
        for (int number = 1; number <= 5; number++) {
            int now = number;
            boolean kept = Arrays.stream(without).noneMatch(it -> it == now);
            all = kept ? join(all, message(number, number * 7 % 5 * 10)) : all;
        }
        return all;
    }

    static byte[] delivered(byte[] before, byte[] body) {
        return join(before, FROM, body, new byte[] {'\n'});
    }

    private static byte[] delivered(byte[] before) {
        return delivered(before, BODY);
    }

    private static Scenario release(int... numbers) {
        return new Scenario(
                "release " + Arrays.toString(numbers),
                ALICE,
                List.of(mailbox()),
                List.of(mailbox(), mailbox(numbers)),
                false,
                (server, acknowledge) -> {
                    server.release(ALICE, numbers);
                    acknowledge.run();
                });
    }

    /** Five messages that people read by IMAP. */
    private static byte[] numbered() {
        String mailbox = new String(mailbox(), StandardCharsets.US_ASCII);
        return mailbox.replaceFirst("\n\n", "\nX-IMAPbase: 17 0000000005\nX-UID: 1\nStatus: RO\n\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** What is left of them when all are deleted, as Dovecot leaves it. */
    private static byte[] emptied() {
        return """
                From MAILER-DAEMON Mon Nov 23 12:00:01 2026
                Date: 23 Nov 2026 12:00:01 +0000
                From: Mail System Internal Data <MAILER-DAEMON>
                Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA
                X-IMAP: 17 0000000005
                Status: RO

                This text is part of the internal format of your mail folder, and is not
                a real message.  It is created automatically by the mail system software.
                If deleted, important folder data will be lost, and it will be re-created
                with the data reset to initial values.

                """.getBytes(StandardCharsets.US_ASCII);
    }

    private static final List<Scenario> RELEASES = List.of(
            release(1),
            release(5),
            release(2, 4),
            release(1, 2, 3, 4, 5),
            release(3, 4, 5),
            release(1, 3),
            new Scenario(
                    "two releases, all in the second",
                    ALICE,
                    List.of(mailbox()),
                    List.of(mailbox(), mailbox(2, 4), new byte[0]),
                    false,
                    (server, acknowledge) -> {
                        server.release(ALICE, 2, 4);
                        acknowledge.run();
                        server.release(ALICE, 1, 2, 3);
                        acknowledge.run();
                    }),
            new Scenario(
                    "two releases",
                    ALICE,
                    List.of(mailbox()),
                    List.of(mailbox(), mailbox(1), mailbox(1, 3)),
                    false,
                    (server, acknowledge) -> {
                        server.release(ALICE, 1);
                        acknowledge.run();
                        server.release(ALICE, 2);
                        acknowledge.run();
                    }),
            new Scenario(
                    "release of all that people read by IMAP",
                    ALICE,
                    List.of(numbered()),
                    List.of(numbered(), emptied()),
                    false,
                    (server, acknowledge) -> {
                        server.release(ALICE, 1, 2, 3, 4, 5);
                        acknowledge.run();
                    }));

    private static Scenario delivery(String name, MailboxPath mailbox, byte @Nullable [] before, byte[] ended) {
        byte[] old = before == null ? new byte[0] : before;
        return new Scenario(
                "delivery " + name,
                mailbox,
                before == null ? List.of() : List.of(before),
                List.of(old, delivered(ended)),
                true,
                (server, acknowledge) -> {
                    server.deliver(mailbox, BODY);
                    acknowledge.run();
                });
    }

    private static final List<Scenario> DELIVERIES = List.of(
            delivery("to a mailbox", ALICE, mailbox(), mailbox()),
            delivery(
                    "behind an unfinished line",
                    ALICE,
                    join(mailbox(), message(6, 0), new byte[] {'x'}),
                    join(mailbox(), message(6, 0), "x\n\n".getBytes(StandardCharsets.US_ASCII))),
            delivery("to a new mailbox", NEW, null, new byte[0]),
            delivery("to a new folder", FOLDER, null, new byte[0]),
            batch((server, acknowledge) -> {
                server.deliver(ALICE, BODY, MEANWHILE, BODY);
                acknowledge.run();
            }));

    /** Several messages that come together, all of them or none. */
    private static Scenario batch(Action action) {
        return new Scenario(
                "delivery of a batch",
                ALICE,
                List.of(mailbox()),
                List.of(mailbox(), delivered(delivered(delivered(mailbox()), QUOTED), BODY)),
                true,
                action);
    }

    private static SimulatedDisk diskFor(Scenario scenario) {
        SimulatedDisk disk = new SimulatedDisk();
        scenario.before().forEach(mailbox -> disk.append(scenario.mailbox().file(), mailbox));
        return disk;
    }

    private interface Life {
        void of(Server server) throws IOException;
    }

    /** Runs a life that may end early; whether it did not. */
    private boolean live(SimulatedDisk disk, int number, Life life) throws IOException {
        try {
            life.of(new Server(mutation.over(disk, number)));
            return true;
        } catch (SimulatedDisk.Dead e) {
            return false;
        }
    }

    private void crash(SimulatedDisk disk, End end) {
        if (end == End.POWER) {
            disk.losePower(random);
        } else {
            disk.restart();
        }
    }

    private static void runToDeath(SimulatedDisk disk, @Nullable Death death) {
        if (death == null) {
            disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        } else {
            disk.killAt(death.at(), death.how());
        }
    }

    /** The name of a step without what differs from run to run. */
    static String place(String step) {
        return step.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{40}|pop2-[0-9a-f]{8}", "*")
                .replaceAll("/state/|/mail/", "");
    }

    private void note(String phase, SimulatedDisk disk, Death death) {
        List<String> steps = disk.steps();
        if (disk.isDead() && death.at() <= steps.size()) {
            placesCut.add(phase + ": " + place(steps.get((int) death.at() - 1)) + " " + death.how());
        }
    }

    /** What is wrong after one run through the cuts, or nothing. */
    private @Nullable String run(Scenario scenario, Death first, int mails, List<@Nullable Death> recoveries) {
        String name = "%s: %s, %d mails, then %s, seed %d".formatted(scenario, first, mails, recoveries, seed);
        try {
            String wrong = tryRun(scenario, first, mails, recoveries);
            return wrong == null ? null : name + ": " + wrong;
        } catch (IOException | RuntimeException | AssertionError e) {
            return name + ": " + e;
        }
    }

    private @Nullable String tryRun(Scenario scenario, Death first, int mails, List<@Nullable Death> recoveries)
            throws IOException {
        cuts.add(scenario + "|" + first + "|" + mails + "|" + recoveries);
        Path file = scenario.mailbox().file();
        SimulatedDisk disk = diskFor(scenario);
        runToDeath(disk, first);
        int[] acknowledged = {0};
        live(disk, 0, server -> scenario.action().on(server, () -> acknowledged[0]++));
        note(scenario.appends() ? "delivery" : "release", disk, first);
        boolean written = disk.steps().stream().anyMatch(step -> step.equals("write " + file));
        crash(disk, first.end());
        byte[] later = new byte[0];
        byte[] untouchable = null;
        for (int i = 0; i <= recoveries.size(); i++) {
            byte[] left = disk.content(file);
            boolean half = !isOneOf(left, scenario.states(), later);
            if (written && !scenario.appends() && half && !disk.names(MAIL).contains("alice.lock")) {
                return "a program that heeds the dot-lock sees a half-done mailbox after life " + i
                        + ", the last steps " + disk.steps();
            }
            boolean there = !scenario.mailbox().equals(FOLDER) || disk.stat(FOLDER.directory()) != null;
            if (i < mails && there) {
                byte[] mail = message(6 + i, 3 + random.nextInt(20));
                if (scenario.appends() && half && untouchable == null) {
                    untouchable = left;
                }
                disk.append(file, mail);
                untouchable = untouchable == null ? null : join(untouchable, mail);
                later = join(later, mail);
            }
            Death death = i < recoveries.size() ? recoveries.get(i) : null;
            runToDeath(disk, death);
            boolean behindTorn = untouchable != null;
            live(disk, i + 1, server -> recover(server, scenario.mailbox(), behindTorn));
            if (death != null) {
                note("recovery", disk, death);
                written = disk.steps().stream().anyMatch(step -> step.equals("write " + file));
                crash(disk, death.end());
            }
        }
        if (disk.isDead()) {
            return "recovery died by itself";
        }
        if (random.nextBoolean()) {
            // what was recovered stays so
            disk.losePower(random);
            boolean behindTorn = untouchable != null;
            live(disk, 4, server -> recover(server, scenario.mailbox(), behindTorn));
        }
        byte[] found = disk.content(file);
        List<byte[]> allowed =
                scenario.states().subList(acknowledged[0], scenario.states().size());
        if (!isOneOf(found, allowed, later)) {
            if (untouchable != null && acknowledged[0] == 0) {
                return Arrays.equals(found, untouchable) ? null : "mail behind a torn delivery was touched";
            }
            return isOneOf(found, scenario.states(), later)
                    ? "what was acknowledged is undone"
                    : "neither old nor new content";
        }
        return wrongAtTheEnd(disk, scenario.mailbox(), found);
    }

    private static void recover(Server server, MailboxPath mailbox, boolean behindTorn) throws IOException {
        try {
            server.recover(mailbox);
        } catch (StoreException e) {
            // a torn message at the very beginning is no mailbox, and somebody else's mail stands behind it
            if (!behindTorn || e.reason() != StoreException.Reason.CORRUPT) {
                throw e;
            }
        }
    }

    private @Nullable String wrongAtTheEnd(SimulatedDisk disk, MailboxPath mailbox, byte[] found) throws IOException {
        if (!disk.names(JOURNALS).isEmpty()) {
            return "left: " + disk.names(JOURNALS);
        }
        disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        if (disk.stat(mailbox.dotLock()) != null) {
            if (disk.stat(mailbox.file()) != null) {
                return "the dot-lock was left";
            }
            // who finds no mailbox does not wait for its lock; who delivers does
            new Server(mutation.over(disk, 9)).deliver(mailbox, BODY);
            boolean delivered = Arrays.equals(disk.content(mailbox.file()), delivered(new byte[0]));
            return delivered && disk.stat(mailbox.dotLock()) == null ? null : "the dot-lock was left";
        }
        List<String> served = new Server(mutation.over(disk, 9)).open(mailbox);
        if (!Arrays.equals(disk.content(mailbox.file()), found)) {
            return "a second recovery changes something";
        }
        return served.equals(TestMailboxes.reference(found)) ? null : "what is served is not what is there";
    }

    private static boolean isOneOf(byte[] found, List<byte[]> states, byte[] later) {
        return states.stream().anyMatch(state -> Arrays.equals(found, join(state, later)));
    }

    private long callsOf(Scenario scenario) throws IOException {
        SimulatedDisk disk = diskFor(scenario);
        runToDeath(disk, null);
        live(disk, 0, server -> scenario.action().on(server, () -> {}));
        return disk.calls();
    }

    private @Nullable Death chance(int calls) {
        if (random.nextInt(4) == 0) {
            return null;
        }
        return new Death(
                1 + random.nextInt(calls),
                CUTS.get(random.nextInt(CUTS.size())),
                ENDS.get(random.nextInt(ENDS.size())));
    }

    /** Every call of releases cut, and the two recoveries after it somewhere, or not. */
    Optional<String> releases(int rounds) throws IOException {
        return everyCallCut(RELEASES, rounds, MAILS, 24);
    }

    /** Every call of deliveries cut, and the two recoveries after it somewhere, or not. */
    Optional<String> deliveries(int rounds) throws IOException {
        return everyCallCut(DELIVERIES, rounds, 2, 16);
    }

    /** Repairs. */
    Optional<String> repairs() throws IOException {
        RepairCampaign campaign = new RepairCampaign(mutation, random);
        Optional<String> wrong = campaign.run();
        repairCuts += campaign.cuts();
        return wrong;
    }

    int repairCuts() {
        return repairCuts;
    }

    /** Messages of a batch that are appended one by one. */
    Optional<String> piecemeal(int rounds) throws IOException {
        Scenario scenario = batch((server, acknowledge) -> {
            for (byte[] message : List.of(BODY, MEANWHILE, BODY)) {
                server.deliver(ALICE, message);
            }
            acknowledge.run();
        });
        return everyCallCut(List.of(scenario), rounds, 2, 16);
    }

    private Optional<String> everyCallCut(List<Scenario> scenarios, int rounds, int mails, int recoveryCalls)
            throws IOException {
        List<Run> runs = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            long calls = callsOf(scenario) + 1;
            for (long at = 1; at <= calls; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (End end : End.values()) {
                        Death first = new Death(at, how, end);
                        runs.add(() -> run(
                                scenario,
                                first,
                                random.nextInt(mails),
                                Arrays.asList(chance(recoveryCalls), chance(recoveryCalls))));
                    }
                }
            }
        }
        return runAll(runs, rounds);
    }

    private interface Run {
        /** What was wrong. */
        @Nullable
        String run();
    }

    private Optional<String> runAll(List<Run> runs, int rounds) {
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(runs, random);
            for (Run run : runs) {
                String wrong = run.run();
                if (wrong != null) {
                    return Optional.of(wrong);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Every call of every kind of recovery cut: one of each that differs in what it finds or does.
     *
     * @param rounds how often, what follows being different each time
     */
    Optional<String> recoveries(int rounds) {
        List<Run> runs = new ArrayList<>();
        for (Kind kind : Kinds.ALL) {
            for (int at = 1; at <= kind.calls(); at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (End end : End.values()) {
                        Death second = new Death(at, how, end);
                        runs.add(() -> run(
                                kind.scenario(),
                                kind.first(),
                                kind.mails(),
                                Arrays.asList(second, chance(kind.calls()))));
                    }
                }
            }
        }
        return runAll(runs, rounds);
    }

    /**
     * A kind of recovery.
     *
     * @param first how the life before it ended
     * @param mails what came in between
     * @param calls that it makes
     */
    private record Kind(Scenario scenario, Death first, int mails, int calls) {}

    /** Found once, with the correct server. */
    private static final class Kinds {
        static final List<Kind> ALL = find();

        private static List<Kind> find() {
            List<Scenario> scenarios = new ArrayList<>(DELIVERIES.subList(0, 3));
            scenarios.addAll(List.of(RELEASES.get(2), RELEASES.get(0)));
            CrashMatrix matrix = new CrashMatrix(0, Mutation.NONE);
            List<Kind> kinds = new ArrayList<>();
            Set<String> known = new HashSet<>();
            try {
                for (Scenario scenario : scenarios) {
                    long calls = matrix.callsOf(scenario);
                    for (long at = 1; at <= calls; at++) {
                        for (SimulatedDisk.Cut how : List.of(SimulatedDisk.Cut.HALF, SimulatedDisk.Cut.AFTER)) {
                            for (int mails = 0; mails < 2; mails++) {
                                Death first = new Death(at, how, End.KILL);
                                Recovery recovery = matrix.recoveryAfter(scenario, first, mails);
                                if (known.add(scenario.appends() + " " + recovery)) {
                                    kinds.add(new Kind(
                                            scenario,
                                            first,
                                            mails,
                                            recovery.steps().size()));
                                }
                            }
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return kinds;
        }
    }

    /**
     * A recovery that is not cut.
     *
     * @param found the number of the state that it found; -1: none of them
     */
    private record Recovery(int found, List<String> steps) {}

    private Recovery recoveryAfter(Scenario scenario, Death first, int mails) throws IOException {
        SimulatedDisk disk = diskFor(scenario);
        runToDeath(disk, first);
        live(disk, 0, server -> scenario.action().on(server, () -> {}));
        disk.restart();
        byte[] left = disk.content(scenario.mailbox().file());
        int found = scenario.states().size() - 1;
        while (found >= 0 && !Arrays.equals(left, scenario.states().get(found))) {
            found--;
        }
        if (mails > 0) {
            disk.append(scenario.mailbox().file(), message(6, 5));
        }
        live(disk, 1, server -> recover(server, scenario.mailbox(), true));
        return new Recovery(found, disk.steps().stream().map(CrashMatrix::place).toList());
    }

    /** Another program, that knows one of the locks only, delivers while a release, a delivery or a recovery runs. */
    Optional<String> meanwhile() throws IOException {
        List<Scenario> scenarios =
                List.of(RELEASES.get(0), RELEASES.get(2), RELEASES.get(3), DELIVERIES.get(0), DELIVERIES.get(1));
        for (Scenario scenario : scenarios) {
            long calls = callsOf(scenario);
            for (long at = 1; at <= calls; at++) {
                for (boolean heedsDotLock : new boolean[] {false, true}) {
                    String wrong = meanwhile(scenario, null, at, heedsDotLock);
                    if (wrong != null) {
                        return Optional.of(wrong);
                    }
                }
            }
            for (long died = 1; died <= calls; died += 1 + random.nextInt(2)) {
                Death first = new Death(died, SimulatedDisk.Cut.HALF, End.KILL);
                int recoveryCalls = recoveryAfter(scenario, first, 0).steps().size();
                for (long at = 1; at <= recoveryCalls; at += 1 + random.nextInt(2)) {
                    String wrong = meanwhile(scenario, first, at, random.nextBoolean());
                    if (wrong != null) {
                        return Optional.of(wrong);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private @Nullable String meanwhile(Scenario scenario, @Nullable Death first, long at, boolean heedsDotLock) {
        String name = "%s: %s, mail at call %d of the %s for one who knows %s, seed %d"
                .formatted(
                        scenario,
                        first,
                        at,
                        first == null ? "action" : "recovery",
                        heedsDotLock ? "dot-locks" : "fcntl",
                        seed);
        cuts.add(name);
        try {
            Path file = scenario.mailbox().file();
            SimulatedDisk disk = diskFor(scenario);
            runToDeath(disk, first);
            if (first == null) {
                disk.deliverMeanwhile(at, scenario.mailbox(), MEANWHILE, heedsDotLock);
            }
            live(disk, 0, server -> scenario.action().on(server, () -> {}));
            disk.restart();
            boolean acknowledged = first == null;
            byte[] left = disk.content(file);
            if (first != null) {
                disk.deliverMeanwhile(at, scenario.mailbox(), MEANWHILE, heedsDotLock);
                live(disk, 1, server -> server.recover(scenario.mailbox()));
            }
            disk.deliverNow();
            // all that was started is done, and the locks are free
            live(disk, 2, server -> server.recover(scenario.mailbox()));
            byte[] found = disk.content(file);
            List<byte[]> allowed = new ArrayList<>();
            for (byte[] state : acknowledged ? scenario.states().subList(1, 2) : scenario.states()) {
                allowed.add(join(state, MEANWHILE));
            }
            if (first != null && scenario.appends()) {
                // it came before the recovery had locked, and what the crash left stands in front of it
                allowed.add(join(left, MEANWHILE));
            }
            if (scenario.appends()) {
                byte[] old = scenario.before().get(0);
                byte[] end = Arrays.copyOf(
                        scenario.states().get(1), scenario.states().get(1).length);
                allowed.add(delivered(join(old, MEANWHILE)));
                // it came before the line that was not finished was ended
                allowed.add(join(
                        old,
                        MEANWHILE,
                        Arrays.copyOfRange(end, end.length - delivered(new byte[0]).length, end.length)));
            }
            if (allowed.stream().noneMatch(content -> Arrays.equals(content, found))) {
                return name + ": mail that came meanwhile was lost, or what was there";
            }
            String wrong = wrongAtTheEnd(disk, scenario.mailbox(), found);
            return wrong == null ? null : name + ": " + wrong;
        } catch (IOException | RuntimeException | AssertionError e) {
            return name + ": " + e;
        }
    }

    /**
     * Another program, that takes flock only, delivers between any two calls of a release or a delivery. What it wrote
     * is kept, and the rest is as if it had not come.
     */
    Optional<String> unlocked() throws IOException {
        List<Scenario> scenarios = new ArrayList<>(RELEASES.subList(0, 6));
        scenarios.add(DELIVERIES.get(0));
        for (Scenario scenario : scenarios) {
            long calls = callsOf(scenario);
            for (long at = 1; at < calls; at++) {
                for (boolean fails : new boolean[] {false, true}) {
                    String wrong = unlocked(scenario, at, fails);
                    if (wrong != null) {
                        return Optional.of(wrong);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private @Nullable String unlocked(Scenario scenario, long at, boolean nextFails) {
        String name = "%s: mail without a lock after call %d, %s, seed %d"
                .formatted(scenario, at, nextFails ? "and the next call failed" : "alone", seed);
        cuts.add(name);
        Path file = scenario.mailbox().file();
        SimulatedDisk disk = diskFor(scenario);
        disk.deliverAfter(at, file, MEANWHILE);
        if (nextFails) {
            disk.failAt(at + 1, SimulatedDisk.Cut.BEFORE, new IOException("No space left on device"));
        }
        int[] acknowledged = {0};
        boolean failed = false;
        try {
            scenario.action().on(new Server(mutation.over(disk, 0)), () -> acknowledged[0]++);
        } catch (IOException | RuntimeException e) {
            failed = true;
            name = name + ", reported as " + e.getMessage();
        }
        try {
            disk.deliverNow();
            disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
            new Server(mutation.over(disk, 1)).recover(scenario.mailbox());
            String found = new String(disk.content(file), StandardCharsets.US_ASCII);
            String mail = new String(MEANWHILE, StandardCharsets.US_ASCII);
            int there = found.indexOf(mail);
            if (there < 0) {
                return name + ": mail that came without a lock was lost";
            }
            byte[] rest = (found.substring(0, there) + found.substring(there + mail.length()))
                    .getBytes(StandardCharsets.US_ASCII);
            // what failed may have been done all the same, if only its last steps failed
            List<byte[]> allowed = scenario.states()
                    .subList(acknowledged[0], failed ? scenario.states().size() : acknowledged[0] + 1);
            // a torn delivery stays where somebody else's mail stands behind it
            byte[] last = scenario.states().get(scenario.states().size() - 1);
            boolean torn = failed && scenario.appends() && Arrays.equals(rest, Arrays.copyOf(last, rest.length));
            return torn || isOneOf(rest, allowed, new byte[0]) ? null : name + ": not what was told";
        } catch (IOException | RuntimeException | AssertionError e) {
            return name + ": " + e;
        }
    }

    /** Each call of a release or delivery fails once, and then perhaps the power. */
    Optional<String> failures() throws IOException {
        List<Scenario> scenarios = new ArrayList<>(RELEASES.subList(0, 4));
        scenarios.addAll(DELIVERIES);
        for (Scenario scenario : scenarios) {
            long calls = callsOf(scenario);
            for (long at = 1; at <= calls; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (End end : End.values()) {
                        String wrong = failure(scenario, at, how, end);
                        if (wrong != null) {
                            return Optional.of(wrong);
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private @Nullable String failure(Scenario scenario, long at, SimulatedDisk.Cut how, End end) {
        String name = "%s: call %d failed, %s, then %s, seed %d".formatted(scenario, at, how, end, seed);
        cuts.add(name);
        SimulatedDisk disk = diskFor(scenario);
        disk.failAt(at, how, new IOException("No space left on device"));
        int[] acknowledged = {0};
        try {
            scenario.action().on(new Server(mutation.over(disk, 0)), () -> acknowledged[0]++);
        } catch (IOException | RuntimeException e) {
            name = name + ", reported as " + e.getMessage();
        }
        try {
            byte[] left = disk.content(scenario.mailbox().file());
            boolean pending = !disk.names(JOURNALS).isEmpty();
            if (!pending && !isOneOf(left, scenario.states(), new byte[0])) {
                return name + ": neither old nor new content, and nothing that tells a recovery";
            }
            crash(disk, end);
            live(disk, 1, server -> server.recover(scenario.mailbox()));
            byte[] found = disk.content(scenario.mailbox().file());
            if (!isOneOf(
                    found,
                    scenario.states().subList(acknowledged[0], scenario.states().size()),
                    new byte[0])) {
                return name + ": neither old nor new content, or undone";
            }
            String wrong = wrongAtTheEnd(disk, scenario.mailbox(), found);
            return wrong == null ? null : name + ": " + wrong;
        } catch (IOException | RuntimeException | AssertionError e) {
            return name + ": " + e;
        }
    }

    /**
     * A crash, then the same octets in another file on another disk: a backup that was restored, a volume that moved.
     */
    Optional<String> restorings() throws IOException {
        for (Scenario scenario : List.of(RELEASES.get(2), RELEASES.get(0), DELIVERIES.get(0), DELIVERIES.get(1))) {
            long calls = callsOf(scenario);
            for (long at = 1; at <= calls; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    String name = "%s: call %d %s, then restored, seed %d".formatted(scenario, at, how, seed);
                    cuts.add(name);
                    SimulatedDisk disk = diskFor(scenario);
                    runToDeath(disk, new Death(at, how, End.KILL));
                    live(disk, 0, server -> scenario.action().on(server, () -> {}));
                    disk.restart();
                    disk.replace(ALICE.file(), disk.content(ALICE.file()));
                    disk.move();
                    live(disk, 1, server -> server.recover(ALICE));
                    byte[] found = disk.content(ALICE.file());
                    String wrong = isOneOf(found, scenario.states(), new byte[0])
                            ? wrongAtTheEnd(disk, ALICE, found)
                            : "neither old nor new content";
                    if (wrong != null) {
                        return Optional.of(name + ": " + wrong);
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Another program, that waits for no lock, writes the mailbox anew after a crash: that is then left alone. */
    Optional<String> rewritings() throws IOException {
        for (Scenario scenario : List.of(RELEASES.get(2), DELIVERIES.get(0))) {
            long calls = callsOf(scenario);
            for (long at = 1; at <= calls; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (String rewriting : List.of("in place", "replaced", "cut short", "made longer")) {
                        String name = "%s: call %d %s, then %s by another program, seed %d"
                                .formatted(scenario, at, how, rewriting, seed);
                        cuts.add(name);
                        SimulatedDisk disk = diskFor(scenario);
                        runToDeath(disk, new Death(at, how, End.KILL));
                        live(disk, 0, server -> scenario.action().on(server, () -> {}));
                        disk.restart();
                        String wrong = afterRewriting(disk, rewritten(disk, rewriting));
                        if (wrong != null) {
                            return Optional.of(name + ": " + wrong);
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static byte[] rewritten(SimulatedDisk disk, String how) {
        byte[] content = disk.content(ALICE.file());
        int second = message(1, 20).length;
        switch (how) {
            case "in place" -> {
                content[second - 3] = '#';
                disk.rewrite(ALICE.file(), content);
            }
            case "replaced" -> {
                content[second - 3] = '#';
                disk.replace(ALICE.file(), content);
            }
            case "cut short" -> {
                content = Arrays.copyOf(content, second);
                disk.rewrite(ALICE.file(), content);
            }
            default -> {
                content = join(message(7, 9), content);
                disk.rewrite(ALICE.file(), content);
            }
        }
        return content;
    }

    private @Nullable String afterRewriting(SimulatedDisk disk, byte[] content) {
        try {
            List<String> served = new ArrayList<>();
            live(disk, 1, server -> served.addAll(server.open(ALICE)));
            if (!Arrays.equals(disk.content(ALICE.file()), content)) {
                return "somebody else's content was changed";
            }
            if (!served.equals(TestMailboxes.reference(content))) {
                return "what is served is not what is there";
            }
            live(disk, 2, server -> server.deliver(ALICE, BODY));
            byte[] found = disk.content(ALICE.file());
            return found.length > content.length && Arrays.equals(Arrays.copyOf(found, content.length), content)
                    ? null
                    : "the mailbox is not usable afterwards";
        } catch (IOException | RuntimeException | AssertionError e) {
            return e.toString();
        }
    }
}
