package org.pop2.storage.fs;

import static org.pop2.storage.fs.TestStores.hold;
import static org.pop2.storage.fs.TestStores.release;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;

/**
 * Another process on the same spool: holds the mailbox until it is told to delete, or deletes first messages, or
 * delivers until the mailbox is full.
 */
final class OtherProcess {
    private OtherProcess() {}

    static MboxStore open(Path directory, long takeoverMillis) {
        HoldPolicy policy = new HoldPolicy(Duration.ofMillis(takeoverMillis), Duration.ofSeconds(2));
        return TestStores.open(directory, Map.of("hold-poll", "50ms"), policy);
    }

    /** How many messages were taken. */
    static int deliverUntilFull(MboxStore store, FolderName folder) {
        for (int taken = 0; ; taken++) {
            try {
                TestStores.deliver(store, folder, "Subject: one of many\r\n\r\ntext\r\n");
            } catch (StoreException e) {
                if (e.reason() == StoreException.Reason.OVER_QUOTA) {
                    return taken;
                }
                throw e;
            }
        }
    }

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);
        MboxStore store = open(Path.of(args[0]), Long.parseLong(args[2]));
        if (args[1].equals("deliver")) {
            out.println("ready");
            out.println("taken " + deliverUntilFull(store, new FolderName("saved")));
            TestStores.close(store);
            return;
        }
        if (args[1].equals("delete")) {
            while (true) {
                Mailbox mailbox = hold(store);
                if (mailbox.count() > 0) {
                    release(mailbox, 1);
                    out.println("released");
                } else {
                    release(mailbox);
                }
            }
        }
        Mailbox mailbox = hold(store);
        out.println("held " + mailbox.count());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        String told = in.readLine();
        for (; "speak".equals(told); told = in.readLine()) {
            mailbox.active();
            out.println("spoke");
        }
        if ("release".equals(told)) {
            try {
                release(mailbox, 1);
                out.println("released");
            } catch (StoreException e) {
                out.println("failed " + e.reason());
            }
        }
        TestStores.close(store);
    }
}
