package org.pop2.app.campaign;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A Dovecot of our own on mbox files that are somebody else's too: every user has the password {@code secret}. */
final class DovecotNeighbour implements AutoCloseable {
    /** Whose the mailboxes are. */
    static final String OWNER = "mail";

    private static final int PATIENCE_MILLIS = 20_000;

    private final Path directory;
    private final int imap;
    private final int lmtp;
    private final Process process;

    DovecotNeighbour(Path directory, Path spool) throws IOException, InterruptedException {
        DebianPackages.install(Map.of(
                "/usr/lib/dovecot/imap", "dovecot-imapd",
                "/usr/lib/dovecot/lmtp", "dovecot-lmtpd"));
        this.directory = directory;
        imap = freePort();
        lmtp = freePort();
        Path home = Files.createDirectories(directory.resolve("home"));
        Tool.succeed("chown", "-R", OWNER + ":" + OWNER, home.toString());
        Files.write(
                configuration(),
                List.of(
                        "base_dir = " + directory + "/run",
                        "state_dir = " + directory + "/run",
                        "log_path = " + directory + "/log",
                        "protocols = imap lmtp",
                        "listen = 127.0.0.1",
                        "ssl = no",
                        "disable_plaintext_auth = no",
                        "auth_mechanisms = plain",
                        "auth_failure_delay = 0",
                        "mail_max_userip_connections = 1000",
                        "mail_location = mbox:" + home + "/%n:INBOX=" + spool + "/%n",
                        "mbox_write_locks = dotlock fcntl",
                        "mbox_dirty_syncs = no",
                        "postmaster_address = postmaster@example.org",
                        "passdb {\n  driver = static\n  args = password=secret\n}",
                        "userdb {\n  driver = static\n  args = uid=" + OWNER + " gid=" + OWNER + " home=" + home
                                + "/%n allow_all_users=yes\n}",
                        "first_valid_uid = 1",
                        "first_valid_gid = 1",
                        "service imap-login {\n  inet_listener imap {\n    port = " + imap + "\n  }\n"
                                + "  inet_listener imaps {\n    port = 0\n  }\n}",
                        "service lmtp {\n  inet_listener lmtp {\n    address = 127.0.0.1\n    port = " + lmtp
                                + "\n  }\n}"));
        process = new ProcessBuilder(
                        "/usr/sbin/dovecot", "-F", "-c", configuration().toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        await();
    }

    private Path configuration() {
        return directory.resolve("dovecot.conf");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void await() throws IOException, InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), imap)) {
                if (socket.isConnected()) {
                    return;
                }
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > until) {
                    throw new IOException("Dovecot does not start: " + Files.readString(directory.resolve("out")), e);
                }
                Thread.sleep(50);
            }
        }
    }

    ImapClient login(String user) throws IOException {
        return new ImapClient(imap, user);
    }

    int lmtpPort() {
        return lmtp;
    }

    /** What delivers one message from its standard input. */
    List<String> deliveryAgent(String user) {
        // run by root, it looks up who the user is, and becomes that
        return List.of(
                "/usr/lib/dovecot/dovecot-lda", "-c", configuration().toString(), "-d", user, "-f", "jkr@example.org");
    }

    /** What runs a program as the one whose the mailboxes are. */
    static List<String> asOwner() {
        return List.of("setpriv", "--reuid=" + OWNER, "--regid=" + OWNER, "--clear-groups");
    }

    Path log() {
        return directory.resolve("log");
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
