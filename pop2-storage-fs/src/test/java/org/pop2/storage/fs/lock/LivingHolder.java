package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.Path;
import org.pop2.storage.fs.io.RealIo;

/** A process that has a storage open, as far as others can tell: says who it is and lives until it is killed. */
final class LivingHolder {
    private LivingHolder() {}

    public static void main(String[] args) throws IOException {
        try (Liveness.Files liveness = new Liveness.Files(new RealIo(), Path.of(args[0]))) {
            System.out.println(liveness.self().toText());
            System.out.flush();
            while (System.in.read() >= 0) {
                // until the other end is closed
            }
        }
    }
}
