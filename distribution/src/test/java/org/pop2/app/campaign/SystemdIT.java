package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doc/install.md}, followed to the word by somebody who has a Debian and nothing else. */
@Tag("systemd")
class SystemdIT {
    private static final int POP2 = 109;
    private static final int TLS = 1109;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private static final Path DOC = Instance.UNPACKED.resolve("doc");

    /** The block of a page that begins with that line. */
    private static String block(String page, String firstLine) throws IOException {
        Matcher block = Pattern.compile("(?s)```\\n(" + Pattern.quote(firstLine) + ".*?)```")
                .matcher(Files.readString(DOC.resolve(page)));
        assertThat(block.find())
                .as("%s: a block that begins with %s", page, firstLine)
                .isTrue();
        return block.group(1);
    }

    /** What the build made, by the end of its name. */
    private static Path built(String end) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().endsWith(end))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + end + " in target/"));
        }
    }

    /** A whole session; the texts of the messages. */
    private static String fetch(String acknowledge) throws IOException {
        StringBuilder messages = new StringBuilder();
        try (PlainClient client = new PlainClient(POP2)) {
            assertThat(client.receive()).startsWith("+ POP2 ");
            PlainClient.number(client.ask("HELO jon secret"), '#');
            for (int octets = PlainClient.number(client.ask("READ"), '=');
                    octets > 0;
                    octets = PlainClient.number(client.ask(acknowledge), '=')) {
                client.send("RETR");
                messages.append(new String(client.receive(octets), java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            assertThat(client.ask("QUIT")).startsWith("+");
        }
        return messages.toString();
    }

    private static void awaitMail(String text) {
        Awaitility.await()
                .atMost(LIMIT)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(fetch("ACKS")).contains(text));
    }

    @Test
    void theManualIsFollowed() throws Exception {
        try (BootedDebian debian = BootedDebian.in(directory, "openjdk-17-jre-headless,sudo,postfix")) {
            debian.awaitBooted();
            debian.copyIn(built(".tar.gz"), "/root/pop2-server-0.1.0.tar.gz");

            debian.succeed(block("install.md", "tar xzf pop2-server-0.1.0.tar.gz -C /opt\nln -s /opt"));
            debian.succeed(block("install.md", "ln -s pop2-server-0.1.0 /opt/pop2-server\nmkdir"));
            debian.succeed(block("install.md", "mkdir -p /usr/local/share/man"));
            debian.succeed(block("install.md", "mkdir -p /usr/share/bash-completion"));
            debian.succeed(block("install.md", "sudo /opt/pop2-server/bin/pop2d cache"));
            awaitGreeting(debian);

            String add = block("install.md", "sudo pop2d user add NAME").strip();
            debian.succeed("printf 'secret\\n' | " + add.replace("NAME", "jon") + " --password-stdin");
            assertThat(debian.succeed("find /var/lib/pop2/var -not -user pop2")).isEmpty();
            assertThat(debian.succeed("sudo pop2d user list")).contains("jon\tenabled");
            assertThat(debian.succeed("ls /opt/pop2-server")).doesNotContain("var");
            assertThat(debian.succeed("sudo pop2d doctor")).doesNotContain("fail");
            debian.succeed("touch /var/lib/pop2/var/of-root");
            assertThat(debian.run("sudo pop2d doctor").output()).contains("/var/lib/pop2/var/of-root belongs to root");
            debian.succeed("rm /var/lib/pop2/var/of-root");
            assertThat(debian.run("su -s /bin/sh nobody -c 'pop2d user list'").output())
                    .contains("closed to this user");
            debian.succeed("printf 'Subject: one\\n\\nby deliver\\n' | sudo pop2d deliver --user jon");
            awaitMail("by deliver");

            mailByPostfix(debian);
            reload(debian);
            assertThat(fetch("ACKD")).contains("by deliver").contains("by Postfix");
            assertThat(fetch("ACKD")).isEmpty();
            certificateChanges(debian);

            debian.succeed("printf 'Subject: two\\n\\nkept\\n' | sudo pop2d deliver --user jon");
            debian.succeed(block("install.md", "systemctl stop pop2d\ntar czf"));
            awaitGreeting(debian);
            assertThat(fetch("ACKD")).contains("kept");
            debian.succeed(block("install.md", "systemctl stop pop2d\nrm -r"));
            awaitMail("kept");

            debian.restart();
            awaitMail("kept");

            debian.succeed(block("install.md", "tar xzf pop2-server-0.1.0.tar.gz -C /opt\nln -sfn"));
            awaitMail("kept");

            debian.succeed(block("install.md", "systemctl disable --now pop2d"));
            assertThat(
                            debian.succeed(
                                    "find / -xdev -name '*pop2*' -not -path '/proc/*' -not -path '/sys/*'"
                                            + " -not -path '/var/lib/pop2*' -not -path '/root/*' -not -path '/var/log/*'"
                                            + " -not -path '/run/*' -not -path '/var/lib/systemd/*' -not -path '/usr/share/zoneinfo/*'"))
                    .isEmpty();
            debian.succeed(block("install.md", "rm -r /var/lib/pop2\nuserdel"));
            assertThat(debian.run("id pop2").exitCode()).isNotZero();
        }
    }

    @Test
    void thePackageForDebianIsInstalledAndRemoved() throws Exception {
        try (BootedDebian debian = BootedDebian.in(directory, "ca-certificates")) {
            debian.awaitBooted();
            debian.copyIn(built(".deb"), "/root/pop2-server_0.1.0_all.deb");
            debian.succeed("apt-get update -q");

            debian.succeed(block("install.md", "apt-get install -y ./pop2-server"));
            awaitGreeting(debian);
            assertThat(debian.succeed("pop2d doctor")).doesNotContain("fail\t");
            debian.succeed("printf 'secret\\n' | pop2d user add jon --password-stdin");
            debian.succeed("printf 'Subject: one\\n\\nby deliver\\n' | pop2d deliver --user jon");
            awaitMail("by deliver");
            assertThat(debian.succeed("pop2d health")).isEqualTo("ready\n");
            assertThat(debian.succeed("ls /opt/pop2-server/cache")).contains(".jsa");
            assertThat(debian.succeed("find /var/lib/pop2/var -not -user pop2")).isEmpty();
            assertThat(debian.succeed("dpkg -s pop2-server")).contains("/etc/default/pop2d");
            assertThat(debian.succeed("ls /usr/share/man/man8")).contains("pop2d.8");

            // an upgrade to the same: the configuration is its owner's
            debian.succeed("printf '\\nserver.name = box.example.org\\n' >> /var/lib/pop2/conf/pop2d.conf");
            debian.succeed("apt-get install -y --reinstall ./pop2-server_0.1.0_all.deb");
            awaitMail("by deliver");
            Awaitility.await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
                try (PlainClient client = new PlainClient(POP2)) {
                    assertThat(client.receive()).startsWith("+ POP2 box.example.org");
                }
            });
            debian.restart();
            awaitMail("by deliver");

            debian.succeed("apt-get remove -y pop2-server");
            assertThat(debian.run("test -e /opt/pop2-server/bin").exitCode()).isNotZero();
            assertThat(debian.succeed("cat /var/lib/pop2/conf/pop2d.conf")).contains("box.example.org");
            assertThat(debian.succeed("apt-get purge -y pop2-server 2>&1"))
                    .contains("mail and users are still in /var/lib/pop2/var");
            assertThat(debian.run("test -e /var/lib/pop2/conf").exitCode()).isNotZero();
            assertThat(debian.succeed("cat /var/lib/pop2/var/mail/jon")).contains("by deliver");
            assertThat(debian.run("test -e /opt/pop2-server -o -e /etc/default/pop2d")
                            .exitCode())
                    .isNotZero();
        }
    }

    private static void awaitGreeting(BootedDebian debian) throws Exception {
        try {
            Awaitility.await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
                try (PlainClient client = new PlainClient(POP2)) {
                    assertThat(client.receive()).startsWith("+ POP2 ");
                }
            });
        } catch (RuntimeException e) {
            throw new AssertionError(
                    debian.run("journalctl -u pop2d -n 50 --no-pager").output(), e);
        }
    }

    private static void mailByPostfix(BootedDebian debian) throws Exception {
        debian.succeed("printf '\\nlmtp.address = \"127.0.0.1:24\"\\n' >> /var/lib/pop2/conf/pop2d.conf");
        debian.succeed("systemctl restart pop2d");
        awaitGreeting(debian);
        String recipe = block("lmtp.md", "mailbox_transport = lmtp:inet");
        debian.succeed(
                "cat > /etc/postfix/main.cf <<'END'\ncompatibility_level = 3.6\ninet_interfaces = loopback-only\n"
                        + "myhostname = box.example.org\nmydestination = box.example.org, localhost\n"
                        + "alias_maps =\nmaster_service_disable = inet\n" + recipe + "END\n");
        debian.succeed("systemctl restart postfix || journalctl -n 20 --no-pager");
        debian.succeed("printf 'Subject: two\\n\\nby Postfix\\n' | sendmail -f jkr@example.org jon@localhost");
        awaitMail("by Postfix");
        debian.succeed("systemctl stop postfix");
    }

    /** A listener with TLS as the page has one, and a certificate that is renewed while the server runs. */
    private void certificateChanges(BootedDebian debian) throws Exception {
        install(debian, "first.example.org");
        debian.succeed("printf 'listeners.plain { address = 127.0.0.1 }\nlisteners.tls { address = 127.0.0.1, port = "
                + TLS + ", tls { certificate = conf/cert.pem, key = conf/key.pem } }\n'"
                + " >> /var/lib/pop2/conf/pop2d.conf");
        debian.succeed("systemctl restart pop2d");
        awaitCertificate(debian, "first.example.org");
        install(debian, "second.example.org");
        awaitCertificate(debian, "second.example.org");
        assertThat(debian.succeed("journalctl -u pop2d --no-pager")).contains("certificate-renewed");
    }

    private static void awaitCertificate(BootedDebian debian, String host) throws Exception {
        try {
            Awaitility.await()
                    .atMost(LIMIT)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(subject()).contains(host));
        } catch (RuntimeException e) {
            throw new AssertionError(
                    debian.run("journalctl -u pop2d -n 50 --no-pager").output(), e);
        }
    }

    private void install(BootedDebian debian, String host) throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject("CN=" + host)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        debian.copyIn(Files.writeString(directory.resolve("cert"), certificate.getCertificatePEM()), "/root/cert");
        debian.copyIn(Files.writeString(directory.resolve("key"), certificate.getPrivateKeyPEM()), "/root/key");
        debian.succeed("install -o root -g pop2 -m 640 /root/key /var/lib/pop2/conf/key.pem"
                + " && install -o root -g pop2 -m 640 /root/cert /var/lib/pop2/conf/cert.pem");
    }

    /** Whose certificate a new connection is shown. */
    private static String subject() throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        try (SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", TLS)) {
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            return socket.getSession().getPeerPrincipal().getName();
        }
    }

    private static void reload(BootedDebian debian) throws Exception {
        debian.succeed("printf '\\nlog.level = debug\\n' >> /var/lib/pop2/conf/pop2d.conf; systemctl reload pop2d");
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> debian.succeed("journalctl -u pop2d --no-pager").contains("configuration-reloaded"));
        List<String> lines =
                debian.succeed("journalctl -u pop2d --no-pager").lines().toList();
        assertThat(lines).noneMatch(line -> line.contains("ERROR"));
    }
}
