package org.pop2.fetch.source;

import jakarta.mail.FetchProfile;
import jakarta.mail.Flags;
import jakarta.mail.Folder;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Store;
import jakarta.mail.UIDFolder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.eclipse.angus.mail.pop3.POP3Folder;
import org.eclipse.angus.mail.pop3.POP3Message;
import org.pop2.storage.transfer.OctetSink;

/** A POP3 maildrop. The provider must support UIDL, which names messages. */
final class Pop3Source implements Source {
    /** More than any sane header; Angus Mail keeps one in memory. */
    private static final long HEADER = 4L * 1024 * 1024;

    /** Lines to read of a message that is too large. */
    private static final int LINES = 100;

    /** What RFC 1939 calls a unique-id. */
    private static final Pattern NAME = Pattern.compile("[!-~]{1,70}");

    /** Tolerance for wrong sizes, and for what transfer adds to lines. */
    private static final long AROUND = 64 * 1024;

    private final MailAccess access;
    private final Store store;
    private final POP3Folder folder;
    private final Map<String, Message> messages = new LinkedHashMap<>();
    private final Map<String, Integer> sizes = new HashMap<>();

    private Pop3Source(MailAccess access, Store store, POP3Folder folder) {
        this.access = access;
        this.store = store;
        this.folder = folder;
    }

    static Source open(SourceSettings settings) throws IOException {
        MailAccess access = new MailAccess(settings);
        // else a message is in memory
        access.property("filecache.enable", "true");
        Store store = access.connect();
        boolean good = false;
        try {
            access.guard().expect(Guard.LIST);
            POP3Folder folder = (POP3Folder) store.getFolder("INBOX");
            folder.open(Folder.READ_WRITE);
            Pop3Source source = new Pop3Source(access, store, folder);
            source.list();
            good = true;
            return source;
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed("", e);
        } finally {
            if (!good) {
                access.close();
            }
        }
    }

    private void list() throws MessagingException, SourceException {
        Message[] all = folder.getMessages();
        FetchProfile profile = new FetchProfile();
        profile.add(UIDFolder.FetchProfileItem.UID);
        folder.fetch(all, profile);
        // not getSize() of a message, which reads its header for that
        int[] octets = sizes(folder);
        for (Message each : all) {
            String key = folder.getUID(each);
            if (key == null || !NAME.matcher(key).matches()) {
                throw new SourceException(
                        SourceException.Reason.PROTOCOL, "the provider gives messages no names (UIDL)", null);
            }
            // RFC 1939 lets a provider give copies one name: who has one of them has all of them
            if (messages.putIfAbsent(key, each) == null) {
                int index = each.getMessageNumber() - 1;
                sizes.put(key, index < octets.length ? Math.max(0, octets[index]) : 0);
            }
        }
    }

    private static int[] sizes(POP3Folder folder) throws MessagingException {
        try {
            return folder.getSizes();
        } catch (NullPointerException e) {
            // what Angus Mail makes of a list that is refused; if the line is lost, the next command says so
            return new int[0];
        }
    }

    @Override
    public String validity() {
        return "";
    }

    @Override
    public OptionalLong last() {
        return OptionalLong.empty();
    }

    @Override
    public List<String> keys(Wanted wanted) {
        return List.copyOf(messages.keySet());
    }

    @Override
    public List<Info> info(Collection<String> keys) {
        List<Info> found = new ArrayList<>();
        for (String key : keys) {
            if (messages.containsKey(key)) {
                found.add(new Info(key, sizes.getOrDefault(key, 0), Optional.empty()));
            }
        }
        return found;
    }

    @Override
    public boolean read(Info info, long most, OctetSink sink) throws IOException {
        POP3Message message = (POP3Message) messages.get(info.key());
        if (message == null) {
            throw new SourceException(SourceException.Reason.GONE, "message " + info.key() + " is gone", null);
        }
        boolean whole = info.octets() <= most;
        try {
            // Angus Mail takes an endless message for as long as the disk has room
            long bound = whole ? most * 2 : HEADER;
            access.guard().expect(bound + AROUND, HEADER);
            long position = 0;
            try (InputStream in = whole ? message.getMimeStream() : message.top(LINES)) {
                if (in == null) {
                    throw refused(info.key());
                }
                byte[] octets = new byte[64 * 1024];
                for (int count = in.read(octets); count >= 0 && position < most; count = in.read(octets)) {
                    int used = (int) Math.min(count, most - position);
                    sink.accept(ByteBuffer.wrap(octets, 0, used));
                    position += used;
                    whole &= used == count;
                }
            }
            if (position == 0) {
                throw refused(info.key());
            }
            return whole;
        } catch (MessagingException | IllegalStateException e) {
            // Angus Mail keeps it in a file, and takes a full disk for a lost connection
            File temporary = new File(System.getProperty("java.io.tmpdir", "."));
            if (temporary.getUsableSpace() < info.octets() + AROUND) {
                throw new IOException(
                        temporary + ": no space left for a message of " + info.octets() + " octets on its way", e);
            }
            throw access.failed("message " + info.key() + ": ", e);
        } finally {
            message.invalidate(true);
        }
    }

    /** Angus Mail makes no octets, or nothing, of a provider's -ERR: none of them is a message. */
    private static SourceException refused(String key) {
        return new SourceException(
                SourceException.Reason.REFUSED, "message " + key + ": the provider refuses it, or it is empty", null);
    }

    @Override
    public void act(Collection<String> keys, AtProvider what) throws IOException {
        if (what.kind() == AtProvider.Kind.KEEP) {
            return;
        }
        if (what.needsImap()) {
            throw new SourceException(SourceException.Reason.REFUSED, "POP3 can only keep and delete", null);
        }
        try {
            for (String key : keys) {
                Message message = messages.get(key);
                if (message != null) {
                    message.setFlag(Flags.Flag.DELETED, true);
                }
            }
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed("", e);
        }
    }

    @Override
    public void finish() throws IOException {
        try {
            access.guard().expect(Guard.LIST);
            folder.close(true);
            store.close();
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed("", e);
        }
    }

    @Override
    public boolean canAwait() {
        return false;
    }

    @Override
    public CompletableFuture<Boolean> await(Duration most, Executor threads) {
        throw new UnsupportedOperationException("POP3 tells nobody of new mail");
    }

    @Override
    public void close() {
        access.close();
    }
}
