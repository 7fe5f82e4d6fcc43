package org.pop2.storage.fs;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Another process on the same spool: holds the mailbox until it is told to delete, or deletes first messages, or
 * delivers until the mailbox is full.
 */
final class OtherProcess {
    static final UserName ALICE = new UserName("alice");
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private OtherProcess() {}

    static MboxStore open(Path directory, long takeoverMillis) {
        HoldPolicy policy = new HoldPolicy(Duration.ofMillis(takeoverMillis), Duration.ofSeconds(2));
        return (MboxStore) Objects.requireNonNull(Mono.from(MailStoreProvider.named("mbox")
                        .open(new StoreSettings(Map.of("hold-poll", "50ms"), policy, directory)))
                .block(PATIENCE));
    }

    static Mailbox hold(MboxStore store) {
        return Objects.requireNonNull(
                Mono.from(store.open(ALICE, FolderName.INBOX)).block(PATIENCE));
    }

    static void release(Mailbox mailbox, int... numbers) {
        BitSet deleted = new BitSet();
        Arrays.stream(numbers).forEach(deleted::set);
        Mono.from(mailbox.release(deleted)).block(PATIENCE);
    }

    /** How many messages were taken. */
    static int deliverUntilFull(MboxStore store, FolderName folder) {
        byte[] octets = "Subject: one of many\r\n\r\ntext\r\n".getBytes(StandardCharsets.US_ASCII);
        for (int taken = 0; ; taken++) {
            try {
                Mono.from(store.deliver(ALICE, folder, Message.of(Flux.just(ByteBuffer.wrap(octets)))))
                        .block(PATIENCE);
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
            Mono.from(store.close()).block(PATIENCE);
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
        Mono.from(store.close()).block(PATIENCE);
    }
}
