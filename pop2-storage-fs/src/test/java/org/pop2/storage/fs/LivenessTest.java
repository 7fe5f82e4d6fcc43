package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

class LivenessTest {
    @TempDir
    Path directory;

    /** Without it, others would take this process for dead, and its mailboxes for free. */
    @Test
    void processWhoseFileCannotBeLockedDoesNotStart() throws IOException {
        AtomicInteger open = new AtomicInteger();
        StorageIo io = new ForwardingIo(new RealIo()) {
            @Override
            IoFile file(Path path, Mode mode, IoFile real) {
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
}
