package org.pop2.app.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.pop2.storage.Message;
import org.pop2.storage.fs.MboxFile;
import org.pop2.storage.fs.exchange.Export;
import org.pop2.storage.fs.exchange.MaildirExport;
import org.pop2.storage.fs.exchange.MboxExport;
import org.pop2.storage.fs.exchange.MessageSource;
import org.pop2.storage.transfer.Fingerprint;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/** What {@code --to} says. */
public sealed interface Destination {
    /** An mbox file, which others may deliver to and read. */
    record Mbox(Path file) implements Destination {
        @Override
        public String toString() {
            return "mbox:" + file;
        }
    }

    /** A Maildir. */
    record Maildir(Path directory) implements Destination {
        @Override
        public String toString() {
            return "maildir:" + directory;
        }
    }

    /** A mail system that speaks LMTP (RFC 2033). */
    record Lmtp(SocketAddress server, String recipient) implements Destination {
        @Override
        public String toString() {
            return "lmtp:" + server + "/" + recipient;
        }
    }

    /** Standard output, as an mbox. */
    record Output() implements Destination {
        @Override
        public String toString() {
            return "standard output";
        }
    }

    /**
     * Reads {@code mbox:FILE}, {@code maildir:DIR}, {@code lmtp:HOST:PORT[/RECIPIENT]}, {@code lmtp:/SOCKET} or
     * {@code -}.
     *
     * @param recipient for LMTP, where the text names none
     * @throws IllegalArgumentException if it is none of these
     */
    static Destination of(String text, String recipient) {
        if (text.equals("-")) {
            return new Output();
        }
        int colon = text.indexOf(':');
        String rest = text.substring(colon + 1);
        if (colon > 0 && !rest.isEmpty()) {
            switch (text.substring(0, colon)) {
                case "mbox" -> {
                    return new Mbox(absolute(rest));
                }
                case "maildir" -> {
                    return new Maildir(absolute(rest));
                }
                case "lmtp" -> {
                    return lmtp(rest, recipient);
                }
                default -> {}
            }
        }
        throw new IllegalArgumentException(
                "--to: expected mbox:FILE, maildir:DIR, lmtp:HOST:PORT/RECIPIENT, lmtp:/SOCKET or -");
    }

    private static Path absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize();
    }

    private static Destination lmtp(String text, String recipient) {
        if (text.startsWith("/")) {
            return new Lmtp(UnixDomainSocketAddress.of(text), address(recipient));
        }
        int slash = text.indexOf('/');
        String server = slash < 0 ? text : text.substring(0, slash);
        int colon = server.lastIndexOf(':');
        String host = colon < 0 ? "" : server.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        String port = server.substring(colon + 1);
        boolean valid = port.matches("\\d{1,5}") && Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= 65535;
        if (host.isEmpty() || !valid) {
            throw new IllegalArgumentException("--to: expected lmtp:HOST:PORT/RECIPIENT");
        }
        return new Lmtp(
                InetSocketAddress.createUnresolved(host, Integer.parseInt(port)),
                address(slash < 0 ? recipient : text.substring(slash + 1)));
    }

    private static String address(String recipient) {
        // a path of RFC 5321 has 256 octets at most
        if (recipient.isEmpty()
                || recipient.length() > 254
                || !recipient.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '<' && c != '>')) {
            throw new IllegalArgumentException("--to: not a recipient's address");
        }
        return recipient;
    }

    /**
     * Makes ready to deliver.
     *
     * @param state where an mbox keeps what has to survive a crash
     * @param host this machine's name
     * @param limit for each answer of a mail system
     */
    default Target open(PrintStream out, Path state, String host, Duration limit) throws IOException {
        if (this instanceof Mbox mbox) {
            return new MboxTarget(mbox.file(), MboxFile.open(mbox.file(), state));
        }
        if (this instanceof Maildir maildir) {
            return new ExportTarget(
                    MaildirExport.to(maildir.directory(), host, true),
                    wanted -> OptionalInt.of(count(maildir.directory(), MessageSource.Format.MAILDIR, wanted)));
        }
        if (this instanceof Lmtp lmtp) {
            return new LmtpTarget(lmtp.server(), lmtp.recipient(), host, limit);
        }
        return new ExportTarget(MboxExport.to(out), wanted -> OptionalInt.empty());
    }

    /** How many messages of a fingerprint there are. */
    private static int count(Path path, MessageSource.Format format, Fingerprint wanted) throws IOException {
        if (!Files.exists(path)) {
            return 0;
        }
        int found = 0;
        MessageSource.Reading reading = new MessageSource.Reading(format, "mboxrd", "strict");
        try (MessageSource source = MessageSource.of(path.toString(), InputStream.nullInputStream(), reading)) {
            for (MessageSource.Item item = source.next(); item != null; item = source.next()) {
                Fingerprint.Builder fingerprint = new Fingerprint.Builder();
                for (ByteBuffer octets = item.read(); octets != null; octets = item.read()) {
                    fingerprint.add(octets);
                }
                found += fingerprint.build().equals(wanted) ? 1 : 0;
            }
        }
        return found;
    }

    /** Looks for a message. */
    @FunctionalInterface
    interface Search {
        OptionalInt count(Fingerprint wanted) throws IOException;
    }

    /** Files, or a stream, written as an export writes them; message by message. */
    record ExportTarget(Export export, Search search) implements Target {
        @Override
        public void deliver(Spool message, String id) throws IOException {
            export.add(message, message.fromLine());
            export.commit();
        }

        @Override
        public OptionalInt count(Fingerprint wanted) throws IOException {
            return search.count(wanted);
        }

        @Override
        public void close() throws IOException {
            export.close();
        }
    }

    /** An mbox, under its locks. */
    record MboxTarget(Path path, MboxFile file) implements Target {
        @Override
        public void deliver(Spool message, String id) throws IOException {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Flux<ByteBuffer> octets = Flux.generate(message::reader, (reader, sink) -> {
                read(reader, sink);
                return reader;
            });
            try {
                file.append(Message.of(octets.doOnError(failure::set), message.sender()), message.fromLine());
            } catch (RuntimeException e) {
                if (failure.get() instanceof IOException unreadable) {
                    unreadable.addSuppressed(e);
                    throw unreadable;
                }
                throw e;
            }
        }

        private static void read(Spool.Reader reader, SynchronousSink<ByteBuffer> sink) {
            try {
                ByteBuffer octets = reader.next();
                if (octets.hasRemaining()) {
                    sink.next(octets);
                } else {
                    sink.complete();
                }
            } catch (IOException e) {
                sink.error(e);
            }
        }

        @Override
        public OptionalInt count(Fingerprint wanted) throws IOException {
            return OptionalInt.of(Destination.count(path, MessageSource.Format.MBOX, wanted));
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
