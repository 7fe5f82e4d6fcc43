package org.pop2.fetch.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.fetch.Collector;
import org.pop2.fetch.FetchObserver;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.FileJournal;
import org.pop2.fetch.Journal;
import org.pop2.fetch.StoreTarget;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;

/** {@code which = new} on an account of 100,000 messages, at a provider that answers at once. */
class ManyMessagesTest {
    private static final int MESSAGES = 100_000;

    /** A second is what is promised; the machine of a build may be busy. */
    private static final Duration MOST = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @Test
    void imapListsNoneOfThem() throws Exception {
        Duration first = runs("imap", "* OK hello\r\n", line -> {
            String tag = line.substring(0, line.indexOf(' '));
            String ok = tag + " OK done\r\n";
            if (line.contains("SELECT")) {
                return "* " + MESSAGES + " EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT " + (MESSAGES + 1)
                        + "] x\r\n" + ok;
            }
            if (line.contains("UID SEARCH")) {
                assertThat(line).contains(" UID " + (MESSAGES + 1) + ":*");
                // the last message, whatever the number
                return "* SEARCH " + MESSAGES + "\r\n" + ok;
            }
            return line.contains("CAPABILITY") ? "* CAPABILITY IMAP4rev1\r\n" + ok : ok;
        });

        assertThat(first).isLessThan(MOST);
    }

    @Test
    void pop3ListsAllOfThem() throws Exception {
        StringBuilder sizes = new StringBuilder("+OK\r\n");
        StringBuilder names = new StringBuilder("+OK\r\n");
        for (int i = 1; i <= MESSAGES; i++) {
            sizes.append(i).append(" 1000\r\n");
            names.append(i).append(" 0000000").append(i).append("6b0d2bc3\r\n");
        }
        sizes.append(".\r\n");
        names.append(".\r\n");
        Duration first = runs("pop3", "+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "STAT" -> "+OK " + MESSAGES + " 100000000\r\n";
            case "LIST" -> sizes.toString();
            case "UIDL" -> names.toString();
            case "CAPA" -> "+OK\r\nUIDL\r\nUSER\r\n.\r\n";
            default -> "+OK\r\n";
        });

        assertThat(first).isLessThan(MOST);
    }

    /** How long the second of two runs takes from the connection on, when Java knows its classes. */
    private Duration runs(String scheme, String greeting, Function<String, String> answers) throws Exception {
        MemoryMailStore store = MemoryMailStore.create().account("jon", "{PLAIN}x");
        try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(listener, greeting, answers));
            thread.setDaemon(true);
            thread.start();
            Duration last = Duration.ZERO;
            for (int run = 0; run < 2; run++) {
                long start = System.nanoTime();
                try (Journal journal = FileJournal.open(directory.resolve("jon" + run), "collect", "test");
                        Source source = Sources.open(new SourceSettings(
                                SourceAddress.of(scheme + "://jon@127.0.0.1:" + listener.getLocalPort()),
                                SourcesTest.login("secret"),
                                Optional.empty(),
                                false,
                                Duration.ofSeconds(10)))) {
                    FetchResult result = Collector.of(
                                    new StoreTarget(store, new UserName("jon"), FolderName.INBOX),
                                    journal,
                                    FetchPlan.DEFAULT,
                                    FetchObserver.NONE,
                                    () -> false,
                                    Clock.systemUTC())
                            .run(source);
                    assertThat(result.didSomething()).isFalse();
                }
                last = Duration.ofNanos(System.nanoTime() - start);
                System.out.println(scheme + ", run " + run + ": " + last.toMillis() + " ms");
            }
            return last;
        }
    }

    private static void serve(ServerSocket listener, String greeting, Function<String, String> answers) {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                OutputStream out = socket.getOutputStream();
                out.write(greeting.getBytes(ISO_8859_1));
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    out.write(answers.apply(line).getBytes(ISO_8859_1));
                }
            } catch (IOException e) {
                // the client has gone
            }
        }
    }
}
