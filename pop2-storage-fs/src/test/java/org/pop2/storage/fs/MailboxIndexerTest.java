package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.FileStatus.FileKey;
import org.pop2.storage.fs.io.FileStatus.Kind;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.lock.Pause;

/** Two changes within one tick of the file system's clock look like one: the first one is not relied on. */
class MailboxIndexerTest {
    private static final long NOW_MILLIS = 1_796_015_591_000L;
    private static final long HOUR_NANOS = 3_600_000_000_000L;

    @TempDir
    Path directory;

    private boolean isRecent(long mtimeNanosAgo, long ctimeNanosAgo) {
        Pause pause = new Pause() {
            @Override
            public void millis(long duration) {
                throw new AssertionError("nothing waits");
            }

            @Override
            public long now() {
                return NOW_MILLIS;
            }

            @Override
            public long elapsed() {
                return 0;
            }
        };
        MboxFormat format = new MboxFormat(Quoting.MBOXRD, false, 10, MboxFormat.BLOCK);
        MailboxIndexer indexer = new MailboxIndexer(new IndexFile(new RealIo(), directory, format), format, pause);
        long now = NOW_MILLIS * 1_000_000;
        return indexer.isRecent(new FileStatus(
                Kind.FILE, new FileKey(1, 2), 1, 0, 0600, 100, now - mtimeNanosAgo, now - ctimeNanosAgo));
    }

    @Test
    void whatWasJustWrittenIsRecent() {
        assertThat(isRecent(1, 1)).isTrue();
        assertThat(isRecent(HOUR_NANOS, HOUR_NANOS)).isFalse();
    }

    @Test
    void whoSetsTheTimeOfAChangeBackHasJustWritten() {
        // as alpine does, to the whole second
        assertThat(isRecent(HOUR_NANOS, 1)).isTrue();
    }
}
