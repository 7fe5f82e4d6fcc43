package org.pop2.storage.fs.lock;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A program that knows nothing but fcntl locks: holds one until it is told to end, or tries for one all the time and
 * says how often it tried and how often it got it.
 */
public final class FcntlProbe {
    private FcntlProbe() {}

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try (FileChannel mailbox =
                FileChannel.open(Path.of(args[1]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (args[0].equals("hold")) {
                try (FileLock lock = mailbox.lock()) {
                    out.println(lock.isValid() ? "locked" : "not locked");
                    in.readLine();
                }
                return;
            }
            long tries = 0;
            long got = 0;
            out.println("probing");
            while (!in.ready()) {
                tries++;
                try (FileLock lock = mailbox.tryLock()) {
                    got += lock == null ? 0 : 1;
                }
            }
            out.println(tries);
            out.println(got);
        }
    }
}
