package org.pop2.storage.fs.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file system of a directory where Java's list of mounts is hidden. */
class MountsTest {
    private static final String MOUNTS = """
            21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            36 21 0:32 / /var/mail rw,noatime master:1 - nfs4 server:/mail rw,vers=4.2
            37 21 0:33 / /srv/with\\040space rw - xfs /dev/sdb rw
            38 36 0:34 / /var/mail/local rw - tmpfs none rw
            39 21 0:35 / /home rw - ext4 /dev/sdc rw
            40 39 0:36 / /home rw shared:7 - cifs //server/home rw
            """;

    @Test
    void longestPlaceWhereSomethingIsMountedDecides() {
        assertThat(RealIo.typeOf(Path.of("/var/lib/pop2"), MOUNTS)).contains("ext4");
        assertThat(RealIo.typeOf(Path.of("/var/mail"), MOUNTS)).contains("nfs4");
        assertThat(RealIo.typeOf(Path.of("/var/mail/local/x"), MOUNTS)).contains("tmpfs");
        assertThat(RealIo.typeOf(Path.of("/var/mailing"), MOUNTS)).contains("ext4");
        assertThat(RealIo.typeOf(Path.of("/srv/with space/x"), MOUNTS)).contains("xfs");
        assertThat(RealIo.typeOf(Path.of("/home/alice"), MOUNTS)).contains("cifs");
        assertThat(RealIo.typeOf(Path.of("/home"), "")).isEmpty();
        assertThat(RealIo.typeOf(Path.of("/home"), "nonsense\n1 2 3 -\n")).isEmpty();
    }

    @Test
    void spaceIsToldWithoutThem(@TempDir Path directory) throws IOException {
        RealIo io = new RealIo();
        assertThat(io.usableSpace(directory)).isPositive();
        assertThat(io.fileSystemType(directory)).isNotEmpty();
        assertThat(io.isWritableByAll(directory)).isFalse();
    }
}
