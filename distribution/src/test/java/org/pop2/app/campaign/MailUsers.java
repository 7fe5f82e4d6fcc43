package org.pop2.app.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Users of this machine that exist while the campaign runs: local delivery knows no others. */
final class MailUsers {
    /** Who the server runs as. */
    static final String SERVER = "pop2itd";

    static final List<String> USERS = List.of("pop2it1", "pop2it2");

    private MailUsers() {}

    /** Creates them, with empty mailboxes in the spool. */
    static void create(Path spool) throws IOException, InterruptedException {
        remove();
        create(SERVER, spool);
        for (String user : USERS) {
            create(user, spool);
            Path mailbox = spool.resolve(user);
            Files.createFile(mailbox);
            Tool.succeed("chown", user + ":mail", mailbox.toString());
            Tool.succeed("chmod", "0660", mailbox.toString());
        }
    }

    private static void create(String user, Path home) throws IOException, InterruptedException {
        Tool.succeed(
                "useradd",
                "--system",
                "--no-create-home",
                "--home-dir",
                home.toString(),
                "--gid",
                "mail",
                "--shell",
                "/bin/sh",
                user);
    }

    /** The words to put before a command. */
    static List<String> runAs(String user) {
        return List.of("setpriv", "--reuid=" + user, "--regid=mail", "--clear-groups", "--");
    }

    static void remove() throws IOException, InterruptedException {
        for (String user : List.of(SERVER, USERS.get(0), USERS.get(1))) {
            if (Tool.run(List.of("id", user)).exitCode() == 0) {
                Tool.succeed("userdel", user);
            }
            // procmail makes it, whatever mailbox it is told
            Files.deleteIfExists(Path.of("/var/mail", user));
        }
    }
}
