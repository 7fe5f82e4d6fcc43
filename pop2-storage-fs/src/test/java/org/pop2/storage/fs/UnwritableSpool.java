package org.pop2.storage.fs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
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
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server that may not write in the spool directory: does what it can, and says what it did. */
final class UnwritableSpool {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private UnwritableSpool() {}

    public static void main(String[] args) {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        UserName alice = new UserName("alice");
        HoldPolicy policy = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);
        Map<String, String> settings = Map.of("locking", args[1], "lock-timeout", "300ms");
        MboxStore store;
        try {
            store = (MboxStore) Objects.requireNonNull(Mono.from(
                            MailStoreProvider.named("mbox").open(new StoreSettings(settings, policy, Path.of(args[0]))))
                    .block(PATIENCE));
        } catch (StoreException e) {
            System.out.println("not opened: " + e.reason() + " " + e.getMessage());
            return;
        }
        System.out.println("opened");
        step("deliver", () -> {
            byte[] octets = "Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII);
            Mono.from(store.deliver(alice, FolderName.INBOX, Message.of(Flux.just(ByteBuffer.wrap(octets)))))
                    .block(PATIENCE);
        });
        step("delete", () -> {
            Mailbox mailbox = Objects.requireNonNull(
                    Mono.from(store.open(alice, FolderName.INBOX)).block(PATIENCE));
            BitSet first = new BitSet();
            if (mailbox.writable()) {
                first.set(1);
            }
            System.out.println("messages " + mailbox.count() + " writable " + mailbox.writable());
            Mono.from(mailbox.release(first)).block(PATIENCE);
        });
        Mono.from(store.close()).block(PATIENCE);
    }

    private static void step(String name, Runnable what) {
        try {
            what.run();
            System.out.println(name + " done");
        } catch (StoreException e) {
            System.out.println(name + " failed: " + e.reason() + " " + e.getMessage());
        }
    }
}
