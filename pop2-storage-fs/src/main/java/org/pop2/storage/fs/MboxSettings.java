package org.pop2.storage.fs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider.Setting;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.lock.MailboxPaths;
import org.pop2.storage.fs.lock.MboxLocks;

/**
 * The settings of the storage.
 *
 * @param paths where mailboxes are
 * @param accounts the password file
 * @param state the directory for journals, indexes, holds
 * @param format how mailboxes are read
 * @param locking which locks are taken
 * @param lockTimeout how long to try for locks
 * @param dotLockStaleAfter age from which a lock file of another program is broken
 * @param allowNetworkFileSystems whether locks and fsync of NFS, CIFS and FUSE are trusted
 * @param workers threads for opening, delivering and releasing
 * @param readers threads for reading content
 * @param holdPoll how often holds are compared with other processes
 * @param holdPolicy when a held mailbox changes hands
 * @param quota for users who have none of their own
 */
record MboxSettings(
        MailboxPaths paths,
        Path accounts,
        Path state,
        MboxFormat format,
        MboxLocks.Kind locking,
        Duration lockTimeout,
        Duration dotLockStaleAfter,
        boolean allowNetworkFileSystems,
        int workers,
        int readers,
        Duration holdPoll,
        HoldPolicy holdPolicy,
        Quota quota) {

    static final List<Setting> ALL = List.of(
            new Setting(
                    "inbox",
                    "var/mail/{user}",
                    "The mailbox that HELO opens, and that mail is delivered to: a path with `{user}` in it."),
            new Setting(
                    "folders",
                    "var/folders/{user}/{folder}",
                    "The other mailboxes: a path with `{user}` and `{folder}` in it."),
            new Setting("accounts", "var/accounts", "The password file: lines of `user:{SCHEME}hash`."),
            new Setting("state", "var/state", "Directory for journals, indexes and holds, on a local file system."),
            new Setting(
                    "quoting",
                    "mboxrd",
                    "How body lines that begin with \"From \" are told from the start of a message: `mboxrd` or"
                            + " `mboxo`, by a `>` before them, or `none`, by the `Content-Length` of the message."
                            + " doc/mbox.md, \"Quoting\", says which goes with which program."),
            new Setting(
                    "separator",
                    "strict",
                    "What starts a message: `strict`, a From_ line after an empty line, or `lenient`, a From_"
                            + " line anywhere."),
            new Setting(
                    "locking",
                    "both",
                    "The locks that are shared with the programs that deliver: `both`, `fcntl` or `dotlock`."),
            new Setting("lock-timeout", "10s", "How long to wait for a mailbox that another program has locked."),
            new Setting(
                    "dotlock-stale-after",
                    "10m",
                    "Age from which another program's lock file is taken to be left over, and broken."),
            new Setting(
                    "owner",
                    "",
                    "Name of the user who owns all mailboxes, if that is neither the server's user nor the"
                            + " mailbox's."),
            new Setting(
                    "allow-network-file-systems",
                    "false",
                    "Whether NFS, CIFS and FUSE may be used: `true` or `false`. With `true`, their locks and"
                            + " their fsync are trusted."),
            new Setting(
                    "max-messages",
                    "1000000",
                    "The most messages in one mailbox, 1 to 50000000. Each takes 24 octets of memory while the"
                            + " mailbox is open."),
            new Setting("workers", "8", "Threads that open, deliver and delete, 1 to 256."),
            new Setting("readers", "4", "Threads that read messages, 1 to 256."),
            new Setting("hold-poll", "1s", "How often to check for takeovers by other processes."));

    static MboxSettings of(StoreSettings given) {
        StoreSettings all = given.withDefaults(ALL);
        MailboxPaths paths =
                new MailboxPaths(given.directory(), all.text("inbox"), all.text("folders"), all.find("owner"));
        MboxFormat format = new MboxFormat(
                Quoting.of(all.text("quoting")),
                MboxFormat.isLenient(all.text("separator")),
                all.number("max-messages", 1, 50_000_000),
                MboxFormat.BLOCK);
        return new MboxSettings(
                paths,
                all.path("accounts"),
                all.path("state"),
                format,
                MboxLocks.Kind.of(all.text("locking")),
                positive(all, "lock-timeout"),
                positive(all, "dotlock-stale-after"),
                all.flag("allow-network-file-systems"),
                all.number("workers", 1, 256),
                all.number("readers", 1, 256),
                positive(all, "hold-poll"),
                given.holdPolicy(),
                given.quota());
    }

    private static Duration positive(StoreSettings settings, String name) {
        Duration duration = settings.duration(name);
        if (duration.isZero()) {
            throw new IllegalArgumentException(name + ": expected more than zero");
        }
        return duration;
    }
}
