package org.pop2.storage.fs.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.Child;
import org.pop2.storage.fs.ForwardingIo;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;

class LivenessTest {
    @TempDir
    Path directory;

    /** Without it, others would take this process for dead, and its mailboxes for free. */
    @Test
    void processWhoseFileCannotBeLockedDoesNotStart() throws IOException {
        AtomicInteger open = new AtomicInteger();
        StorageIo io = new ForwardingIo(new RealIo()) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                open.incrementAndGet();
                return new ForwardingFile(real) {
                    @Override
                    public boolean tryLock(boolean shared) {
                        return false;
                    }

                    @Override
                    public void close() throws IOException {
                        super.close();
                        open.decrementAndGet();
                    }
                };
            }
        };
        StoreException error = catchThrowableOfType(StoreException.class, () -> new Liveness.Files(io, directory));
        assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(error).hasMessageContaining(directory.toString());
        assertThat(directory).isEmptyDirectory();
        assertThat(open).hasValue(0);
    }

    private static ProcessIdentity as(ProcessIdentity real, String boot, String host) {
        return new ProcessIdentity(real.owner(), real.pid(), boot, host);
    }

    /** A sandboxed service knows neither boot nor host, a command outside does; both have the state directory. */
    @Test
    void lockOfTheStateDirectoryDecidesWhateverEachProcessKnowsOfTheSystem() throws Exception {
        RealIo io = new RealIo();
        try (Liveness.Files here = new Liveness.Files(io, directory)) {
            Child child = Child.of(LivingHolder.class, directory);
            ProcessIdentity other = ProcessIdentity.parse(child.line()).orElseThrow();
            List<ProcessIdentity> names = List.of(
                    other,
                    as(other, ProcessIdentity.UNKNOWN, ProcessIdentity.UNKNOWN),
                    as(other, "another-boot", other.host()),
                    as(other, other.boot(), "elsewhere"));
            for (ProcessIdentity name : names) {
                assertThat(here.stateOf(name)).as(name.toText()).isEqualTo(Liveness.State.ALIVE);
            }
            child.kill();
            for (ProcessIdentity name : names) {
                assertThat(here.stateOf(name)).as(name.toText()).isEqualTo(Liveness.State.DEAD);
            }
            assertThat(here.sweep()).isTrue();
            assertThat(here.sweep()).isFalse();
            for (ProcessIdentity name : names) {
                assertThat(here.stateOf(name))
                        .as("after the sweep, " + name.toText())
                        .isEqualTo(Liveness.State.DEAD);
            }
        }
    }

    @Test
    void processThatOnlyOneSideKnowsTheBootOfIsNotTakenForDead() throws IOException {
        try (Liveness.Files here = new Liveness.Files(new RealIo(), directory)) {
            ProcessIdentity stranger = new ProcessIdentity(
                    UUID.randomUUID().toString(), Long.MAX_VALUE, ProcessIdentity.UNKNOWN, ProcessIdentity.UNKNOWN);
            assertThat(here.stateOf(stranger)).isEqualTo(Liveness.State.UNKNOWN);
            assertThat(here.stateOf(as(stranger, here.self().boot(), here.self().host())))
                    .isEqualTo(Liveness.State.DEAD);
        }
    }

    @Test
    void processIsNotTakenForDeadWhereProcessesAreHidden() throws IOException {
        StorageIo hidden = new ForwardingIo(new RealIo()) {
            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                return path.startsWith("/proc/1") ? null : super.stat(path);
            }
        };
        try (Liveness.Files here = new Liveness.Files(hidden, directory)) {
            ProcessIdentity stranger = new ProcessIdentity(
                    UUID.randomUUID().toString(),
                    Long.MAX_VALUE,
                    here.self().boot(),
                    here.self().host());
            assertThat(here.stateOf(stranger)).isEqualTo(Liveness.State.UNKNOWN);
        }
    }

    @Test
    void ownerThatIsNoNameOfAFileIsNoProcess() {
        assertThat(ProcessIdentity.parse("1:host:boot:../../../../../../etc/aaaaaaaaaaaaaa"))
                .isEmpty();
        assertThat(ProcessIdentity.parse("1:host:boot:" + UUID.randomUUID())).isPresent();
    }
}
