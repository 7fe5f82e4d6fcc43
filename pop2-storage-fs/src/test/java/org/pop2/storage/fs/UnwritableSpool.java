package org.pop2.storage.fs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.util.Map;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.slf4j.LoggerFactory;

/** A server that may not write in the spool directory: does what it can, and says what it did. */
final class UnwritableSpool {

    private UnwritableSpool() {}

    public static void main(String[] args) {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        Map<String, String> settings = Map.of("locking", args[1], "lock-timeout", "300ms");
        MboxStore store;
        try {
            store = TestStores.open(Path.of(args[0]), settings);
        } catch (StoreException e) {
            System.out.println("not opened: " + e.reason() + " " + e.getMessage());
            return;
        }
        System.out.println("opened");
        step("deliver", () -> TestStores.deliver(store, FolderName.INBOX));
        step("delete", () -> {
            Mailbox mailbox = TestStores.hold(store);
            int[] first = mailbox.writable() ? new int[] {1} : new int[0];
            System.out.println("messages " + mailbox.count() + " writable " + mailbox.writable());
            TestStores.release(mailbox, first);
        });
        TestStores.close(store);
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
