package org.pop2.app.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.pop2.fetch.FetchedMessage;
import org.pop2.fetch.LmtpTarget;
import org.pop2.fetch.Target;
import org.pop2.lmtp.client.LmtpClient;
import org.pop2.storage.Message;
import org.pop2.storage.fs.MboxFile;
import org.pop2.storage.fs.exchange.Export;
import org.pop2.storage.fs.exchange.MaildirExport;
import org.pop2.storage.fs.exchange.MboxExport;
import org.pop2.storage.fs.exchange.MessageSource;
import org.pop2.storage.transfer.Fingerprint;
import reactor.core.publisher.Flux;

/** What fetching needs of mbox files and Maildirs, of which it knows nothing itself. */
final class Targets {
    private Targets() {}

    /**
     * Makes ready to deliver.
     *
     * @param state where an mbox keeps what has to survive a crash
     * @param host this machine's name
     * @param limit for each answer of a mail system
     */
    static Target open(Destination to, PrintStream out, Path state, String host, Duration limit) throws IOException {
        if (to instanceof Destination.Mbox mbox) {
            return new Mbox(mbox.file(), MboxFile.open(mbox.file(), state));
        }
        if (to instanceof Destination.Maildir maildir) {
            return new Exported(
                    MaildirExport.to(maildir.directory(), host, true),
                    wanted -> OptionalInt.of(count(maildir.directory(), MessageSource.Format.MAILDIR, wanted)));
        }
        if (to instanceof Destination.Lmtp lmtp) {
            return new LmtpTarget(new LmtpClient(lmtp.server(), host, limit), lmtp.recipient());
        }
        return new Exported(MboxExport.to(out), wanted -> OptionalInt.empty());
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
    private interface Search {
        OptionalInt count(Fingerprint wanted) throws IOException;
    }

    /** Files, or a stream, written as an export writes them; message by message. */
    private record Exported(Export export, Search search) implements Target {
        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
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
    private record Mbox(Path path, MboxFile file) implements Target {
        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Flux<ByteBuffer> octets = Flux.from(message.content()).doOnError(failure::set);
            try {
                file.append(Message.of(octets, message.sender()), message.fromLine());
            } catch (RuntimeException e) {
                // what failed is not the mailbox
                if (failure.get() instanceof IOException unreadable) {
                    unreadable.addSuppressed(e);
                    throw unreadable;
                }
                throw e;
            }
        }

        @Override
        public OptionalInt count(Fingerprint wanted) throws IOException {
            return OptionalInt.of(Targets.count(path, MessageSource.Format.MBOX, wanted));
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
