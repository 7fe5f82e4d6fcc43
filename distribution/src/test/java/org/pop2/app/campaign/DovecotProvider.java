package org.pop2.app.campaign;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.pop2.net.TlsSettings;
import org.pop2.server.Certificates;

/**
 * A Dovecot of our own: user {@code jon}, password {@code secret}, IMAPS and POP3S, certificate of an own authority.
 */
final class DovecotProvider implements AutoCloseable {
    private final Path directory;
    private final Path authority;
    private final int imaps = freePort();
    private final int pop3s = freePort();
    private Process process;

    @SuppressWarnings("NullAway.Init")
    DovecotProvider(Path directory) throws IOException, InterruptedException {
        DebianPackages.install(Map.of(
                "/usr/lib/dovecot/imap", "dovecot-imapd",
                "/usr/lib/dovecot/pop3", "dovecot-pop3d"));
        this.directory = directory;
        Files.createDirectories(directory);
        // other users than root have to get at their mail
        Path temporary = Path.of(System.getProperty("java.io.tmpdir", "/"));
        for (Path each = directory;
                each != null && each.startsWith(temporary) && !each.equals(temporary);
                each = each.getParent()) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Certificates certificates = Certificates.create();
        TlsSettings tls = certificates.server(directory);
        authority = certificates.file(directory);
        for (String each : List.of("new", "cur", "tmp")) {
            Files.createDirectories(mail().resolve(each));
        }
        own();
        Files.writeString(directory.resolve("users"), "jon:{PLAIN}secret\n");
        Files.write(
                configuration(),
                List.of(
                        "base_dir = " + directory + "/run",
                        "state_dir = " + directory + "/run",
                        "log_path = " + directory + "/log",
                        "protocols = imap pop3",
                        "listen = 127.0.0.1",
                        "ssl = required",
                        "ssl_cert = <" + tls.certificate(),
                        "ssl_key = <" + tls.key(),
                        "auth_mechanisms = plain login",
                        "auth_failure_delay = 0",
                        "mail_max_userip_connections = 1000",
                        "mail_location = maildir:" + mail(),
                        "passdb {\n  driver = passwd-file\n  args = " + directory + "/users\n}",
                        "userdb {\n  driver = static\n  args = uid=mail gid=mail home=" + mail() + "\n}",
                        "first_valid_uid = 1",
                        "first_valid_gid = 1",
                        "service imap-login {\n  service_count = 0\n  inet_listener imap {\n    port = 0\n  }\n"
                                + "  inet_listener imaps {\n    port = " + imaps + "\n    ssl = yes\n  }\n}",
                        "service pop3-login {\n  inet_listener pop3 {\n    port = 0\n  }\n"
                                + "  inet_listener pop3s {\n    port = " + pop3s + "\n    ssl = yes\n  }\n}"));
        start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path configuration() {
        return directory.resolve("dovecot.conf");
    }

    private Path mail() {
        return directory.resolve("mail");
    }

    private void own() throws IOException, InterruptedException {
        Tool.succeed("chown", "-R", "mail:mail", mail().toString());
    }

    /** Lets somebody else in, with the same password and mail. */
    void admit(String user) throws IOException {
        Files.writeString(directory.resolve("users"), user + ":{PLAIN}secret\n", StandardOpenOption.APPEND);
    }

    /**
     * Takes access tokens, too, by OAUTHBEARER and XOAUTH2, after a restart.
     *
     * @param tokens says whose a token is, which is added to it: a JSON object with {@code email}
     */
    void takeTokens(String tokens) throws IOException, InterruptedException {
        Path oauth2 = Files.writeString(
                directory.resolve("oauth2"),
                "tokeninfo_url = " + tokens + "\nintrospection_mode = get\nusername_attribute = email\n");
        Files.write(
                configuration(),
                List.of(
                        "auth_mechanisms = plain login oauthbearer xoauth2",
                        "passdb {\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = " + oauth2 + "\n}"),
                StandardOpenOption.APPEND);
        kill();
        start();
    }

    /** How the account's owner was let in last. */
    String mechanism() throws IOException {
        String all = Files.readString(directory.resolve("log"));
        String last = all.substring(all.lastIndexOf("method=") + "method=".length());
        return last.substring(0, last.indexOf(','));
    }

    /** Sessions of IMAP. */
    long sessions() {
        return process.descendants()
                .filter(each -> each.info().command().orElse("").endsWith("/imap"))
                .count();
    }

    /** A value of {@code from}. */
    String address(String scheme) {
        return address(scheme, "jon");
    }

    String address(String scheme, String user) {
        return scheme + "://" + user + "@localhost:" + (scheme.equals("imaps") ? imaps : pop3s);
    }

    Path authority() {
        return authority;
    }

    /** Brings messages into the account. */
    void arrive(List<String> messages, int first) throws IOException, InterruptedException {
        for (int i = 0; i < messages.size(); i++) {
            Path file = mail().resolve("tmp/" + (1_700_000_000L + first + i) + ".M" + (first + i) + ".host");
            Files.write(file, messages.get(i).getBytes(StandardCharsets.ISO_8859_1));
            Tool.succeed("chown", "mail:mail", file.toString());
            Files.move(file, mail().resolve("new").resolve(file.getFileName()));
        }
    }

    /** Brings a copy of a file into the account. */
    void arrive(Path message) throws IOException, InterruptedException {
        Path file = Files.copy(message, mail().resolve("tmp/1700000000.M0.host"));
        Tool.succeed("chown", "mail:mail", file.toString());
        Files.move(file, mail().resolve("new").resolve(file.getFileName()));
    }

    /** Messages that are in the account; expunged ones are no files. */
    long count() throws IOException {
        long count = 0;
        for (String each : List.of("new", "cur")) {
            try (Stream<Path> files = Files.list(mail().resolve(each))) {
                count += files.count();
            }
        }
        return count;
    }

    /** Messages that nobody has read. */
    long unseen() throws IOException {
        long count = 0;
        for (String each : List.of("new", "cur")) {
            try (Stream<Path> files = Files.list(mail().resolve(each))) {
                count += files.filter(file -> !file.getFileName().toString().matches(".*:2,[A-Z]*S[A-Z]*"))
                        .count();
            }
        }
        return count;
    }

    void start() throws IOException, InterruptedException {
        for (int tries = 0; ; tries++) {
            process = new ProcessBuilder(
                            "/usr/sbin/dovecot", "-F", "-c", configuration().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("console").toFile()))
                    .start();
            if (listens()) {
                return;
            }
            kill();
            if (tries == 20) {
                throw new IOException("Dovecot does not start; see " + directory);
            }
            Thread.sleep(200);
        }
    }

    private boolean listens() throws InterruptedException {
        for (int i = 0; i < 100 && process.isAlive(); i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), imaps)) {
                return socket.isConnected();
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        return false;
    }

    /** SIGKILL for those that talk to clients. */
    void killSessions() {
        process.descendants()
                .filter(each -> each.info().command().orElse("").matches(".*/(imap|pop3)(-login)?"))
                .forEach(ProcessHandle::destroyForcibly);
    }

    /** SIGKILL for all of it. */
    void kill() throws InterruptedException {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("cannot be killed");
        }
    }

    @Override
    public void close() {
        try {
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
