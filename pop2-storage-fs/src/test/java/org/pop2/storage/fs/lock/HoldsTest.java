package org.pop2.storage.fs.lock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.fs.ForwardingIo;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;

/** Two storages on one state directory, with real files, and clocks that the test sets. */
class HoldsTest {
    private static final MailboxPath ALICE = new MailboxPath(Path.of("/mail"), Path.of("alice"), "alice");
    private static final Duration TAKEOVER = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private final AtomicLong elapsed = new AtomicLong(1_000_000);
    private final AtomicLong wall = new AtomicLong(1_800_000_000_000L);
    private final AtomicBoolean readOnly = new AtomicBoolean();
    private final Pause pause = new Pause() {
        @Override
        public void millis(long duration) {
            pass(Duration.ofMillis(duration));
        }

        @Override
        public long now() {
            return wall.get();
        }

        @Override
        public long elapsed() {
            return elapsed.get();
        }
    };
    private final StorageIo disk = new ForwardingIo(new RealIo()) {
        @Override
        public IoFile file(Path path, Mode mode, IoFile real) {
            return new ForwardingFile(real) {
                @Override
                public void write(ByteBuffer octets, long position) throws IOException {
                    if (readOnly.get()) {
                        throw new IOException("Read-only file system");
                    }
                    super.write(octets, position);
                }
            };
        }
    };

    private Node here = unopened();
    private Node there = unopened();

    @SuppressWarnings("NullAway")
    private static Node unopened() {
        return null;
    }

    /** One storage. */
    private final class Node {
        final Liveness.Files liveness;
        final Holds holds;

        Node() throws IOException {
            liveness = new Liveness.Files(disk, directory.resolve("processes"));
            holds = new Holds(
                    disk,
                    directory.resolve("holds"),
                    StateLock.at(disk, directory.resolve("holds.lock")),
                    liveness,
                    pause,
                    new HoldPolicy(TAKEOVER, Duration.ZERO),
                    Duration.ofSeconds(10),
                    POLL);
        }

        Optional<Holds.Hold> tryHold() throws IOException {
            return holds.tryHold(ALICE);
        }

        Holds.Hold hold() throws IOException {
            return tryHold().orElseThrow();
        }
    }

    @BeforeEach
    void open() throws IOException {
        Files.createDirectory(directory.resolve("processes"));
        Files.createDirectory(directory.resolve("holds"));
        here = new Node();
        there = new Node();
    }

    @AfterEach
    void close() {
        here.liveness.close();
        there.liveness.close();
    }

    private void pass(Duration time) {
        elapsed.addAndGet(time.toMillis());
        wall.addAndGet(time.toMillis());
    }

    @Test
    void holdWhoseEndCouldNotBeWrittenIsFreeInThisProcessAtOnce() throws IOException {
        Holds.Hold first = here.hold();
        readOnly.set(true);
        first.end();
        readOnly.set(false);
        assertThat(here.tryHold()).isPresent();
        assertThat(here.holds.takeovers()).isZero();
    }

    @Test
    void holdWhoseEndCouldNotBeWrittenIsFreeForOthersWhenTheDiskTakesIt() throws IOException {
        Holds.Hold first = here.hold();
        readOnly.set(true);
        first.end();
        here.holds.exchange();
        readOnly.set(false);
        assertThat(there.tryHold()).isEmpty();
        here.holds.exchange();
        assertThat(there.tryHold()).isPresent();
    }

    @Test
    void endThatIsWrittenLateDoesNotEndTheNextHold() throws IOException {
        Holds.Hold first = here.hold();
        readOnly.set(true);
        first.end();
        readOnly.set(false);
        Holds.Hold second = here.hold();
        here.holds.exchange();
        second.check();
        assertThat(there.tryHold()).isEmpty();
    }

    @Test
    void holderThatSpeaksAgainAfterALongSilenceKeepsTheMailbox() throws IOException {
        Holds.Hold holder = here.hold();
        here.holds.exchange();
        pass(TAKEOVER.multipliedBy(2));
        holder.active();
        assertThat(there.tryHold()).as("at once").isEmpty();
        here.holds.exchange();
        assertThat(there.tryHold()).as("when the holder's process was asked").isEmpty();
        holder.check();
        assertThat(holder.isLost()).isFalse();
    }

    @Test
    void holderThatSpeaksAfterItsProcessWasAskedKeepsTheMailbox() throws IOException {
        Holds.Hold holder = here.hold();
        pass(TAKEOVER.multipliedBy(2));
        assertThat(there.tryHold()).isEmpty();
        holder.active();
        here.holds.exchange();
        assertThat(there.tryHold()).isEmpty();
        holder.check();
    }

    @Test
    void silentHolderGivesTheMailboxUpWhenItsProcessIsAsked() throws IOException {
        Holds.Hold holder = here.hold();
        pass(TAKEOVER);
        assertThat(there.tryHold()).isEmpty();
        here.holds.exchange();
        assertThat(holder.isLost()).isTrue();
        assertThat(here.holds.takeovers()).isEqualTo(1);
        there.hold().check();
    }

    @Test
    void holderIsNotAskedForAShorterSilenceThanItHasKept() throws IOException {
        Holds.Hold holder = here.hold();
        pass(TAKEOVER.minusSeconds(5));
        assertThat(there.tryHold()).isEmpty();
        here.holds.exchange();
        holder.check();
        pass(Duration.ofSeconds(5));
        assertThat(there.tryHold()).isEmpty();
        here.holds.exchange();
        assertThat(there.tryHold()).isPresent();
    }

    @Test
    void processThatDoesNotAnswerLosesTheMailbox() throws IOException {
        Holds.Hold holder = here.hold();
        assertThat(there.tryHold()).isEmpty();
        pass(TAKEOVER);
        assertThat(there.tryHold()).as("it may be about to answer").isEmpty();
        pass(POLL.multipliedBy(20));
        assertThat(there.tryHold()).isPresent();
        here.holds.exchange();
        assertThat(holder.isLost()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600, -3_600, 86_400 * 365, -86_400 * 365})
    void clockThatIsSetChangesNothing(long seconds) throws IOException {
        Holds.Hold holder = here.hold();
        wall.addAndGet(seconds * 1000);
        assertThat(there.tryHold()).isEmpty();
        assertThat(here.tryHold()).isEmpty();
        here.holds.exchange();
        holder.check();
        pass(TAKEOVER);
        assertThat(there.tryHold()).isEmpty();
        here.holds.exchange();
        assertThat(there.tryHold()).isPresent();
    }
}
