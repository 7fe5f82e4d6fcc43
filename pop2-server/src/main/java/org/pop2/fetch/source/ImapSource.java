package org.pop2.fetch.source;

import jakarta.mail.Folder;
import jakarta.mail.MessagingException;
import jakarta.mail.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.angus.mail.iap.Argument;
import org.eclipse.angus.mail.iap.ByteArray;
import org.eclipse.angus.mail.iap.ProtocolException;
import org.eclipse.angus.mail.iap.Response;
import org.eclipse.angus.mail.imap.IMAPFolder;
import org.eclipse.angus.mail.imap.IMAPStore;
import org.eclipse.angus.mail.imap.protocol.BASE64MailboxEncoder;
import org.eclipse.angus.mail.imap.protocol.BODY;
import org.eclipse.angus.mail.imap.protocol.FetchResponse;
import org.eclipse.angus.mail.imap.protocol.IMAPProtocol;
import org.eclipse.angus.mail.imap.protocol.IMAPResponse;
import org.eclipse.angus.mail.imap.protocol.INTERNALDATE;
import org.eclipse.angus.mail.imap.protocol.RFC822SIZE;
import org.eclipse.angus.mail.imap.protocol.UID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.transfer.OctetSink;

/** An IMAP folder. Commands name messages by UID, since sequence numbers shift when somebody else deletes a message. */
final class ImapSource implements Source {
    /** Octets requested at a time. */
    static final int PART = 256 * 1024;

    /** Room for what surrounds a part, and for unsolicited responses. */
    private static final int AROUND = 128 * 1024;

    private final MailAccess access;
    private final IMAPStore store;
    private final IMAPFolder folder;
    private final String validity;
    private final OptionalLong last;

    /** The connection in which the folder is open. When it is lost, Angus Mail takes a new one for the next command. */
    private @Nullable IMAPProtocol selected;

    private volatile boolean lost;

    /** Whether a message has arrived since the last list; any response can say so. */
    private volatile boolean news;

    private ImapSource(MailAccess access, IMAPStore store, IMAPFolder folder) throws MessagingException {
        this.access = access;
        this.store = store;
        this.folder = folder;
        this.validity = String.valueOf(folder.getUIDValidity());
        long next = folder.getUIDNext();
        this.last = next > 0 ? OptionalLong.of(next - 1) : OptionalLong.empty();
    }

    static ImapSource open(SourceSettings settings) throws IOException {
        MailAccess access = new MailAccess(settings);
        // parts, and nothing that marks a message as read
        access.property("partialfetch", "true");
        access.property("fetchsize", String.valueOf(PART));
        access.property("peek", "true");
        access.property("closefoldersonstorefailure", "false");
        access.property("connectionpoolsize", "1");
        Store store = access.connect();
        boolean good = false;
        try {
            IMAPFolder folder = (IMAPFolder) store.getFolder(settings.address().folder());
            folder.open(Folder.READ_WRITE);
            ImapSource source = new ImapSource(access, (IMAPStore) store, folder);
            source.run("", protocol -> {
                protocol.addResponseHandler(response -> {
                    if (response instanceof IMAPResponse imap && imap.keyEquals("EXISTS")) {
                        source.news = true;
                    }
                });
                return true;
            });
            good = true;
            return source;
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed("the folder " + settings.address().folder() + ": ", e);
        } finally {
            if (!good) {
                access.close();
            }
        }
    }

    @Override
    public String validity() {
        return validity;
    }

    @Override
    public OptionalLong last() {
        return last;
    }

    @Override
    public List<String> keys(Wanted wanted) throws IOException {
        String criteria = "UID " + (wanted.after() + 1) + ":*" + (wanted.unseen() ? " UNSEEN" : "");
        access.guard().expect(Guard.LIST);
        news = false;
        return command("UID SEARCH " + criteria, responses -> {
            List<Long> found = new ArrayList<>();
            for (Response response : responses) {
                if (response instanceof IMAPResponse imap && imap.keyEquals("SEARCH")) {
                    for (long number = imap.readLong(); number != -1; number = imap.readLong()) {
                        // "n:*" has the last message whatever n is
                        if (number > wanted.after()) {
                            found.add(number);
                        }
                    }
                }
            }
            return found.stream().sorted().distinct().map(String::valueOf).toList();
        });
    }

    @Override
    public List<Info> info(Collection<String> keys) throws IOException {
        if (keys.isEmpty()) {
            return List.of();
        }
        Set<String> asked = new HashSet<>(keys);
        access.guard().expect(Guard.ANSWER);
        return command("UID FETCH " + set(keys) + " (UID RFC822.SIZE INTERNALDATE)", responses -> {
            List<Info> found = new ArrayList<>();
            for (Response response : responses) {
                if (response instanceof FetchResponse fetched) {
                    UID uid = fetched.getItem(UID.class);
                    RFC822SIZE size = fetched.getItem(RFC822SIZE.class);
                    INTERNALDATE date = fetched.getItem(INTERNALDATE.class);
                    if (uid != null && size != null && asked.remove(String.valueOf(uid.uid))) {
                        found.add(new Info(String.valueOf(uid.uid), Math.max(0, size.size), received(date)));
                    }
                }
            }
            found.sort(Comparator.comparingLong(info -> Long.parseLong(info.key())));
            return found;
        });
    }

    private static Optional<Instant> received(@Nullable INTERNALDATE date) {
        return Optional.ofNullable(date).map(INTERNALDATE::getDate).map(Date::toInstant);
    }

    @Override
    public boolean read(Info info, long most, OctetSink sink) throws IOException {
        long position = 0;
        while (position < most) {
            int wanted = (int) Math.min(PART, most - position);
            ByteBuffer part = part(info, position, wanted);
            int count = part.remaining();
            sink.accept(part);
            position += count;
            // a part that is short is the last one; if the size says otherwise that is asked once more
            if (count == 0 || (count < wanted && position == info.octets())) {
                return true;
            }
        }
        return part(info, position, 1).remaining() == 0;
    }

    /** Octets of a message from a position on; none at its end. */
    private ByteBuffer part(Info info, long position, int wanted) throws IOException {
        String uid = info.key();
        access.guard().expect(wanted + AROUND);
        String item = "BODY.PEEK[]<" + position + "." + wanted + ">";
        return command("UID FETCH " + uid + " (UID " + item + ")", responses -> {
            for (Response response : responses) {
                if (!(response instanceof FetchResponse fetched)) {
                    continue;
                }
                UID found = fetched.getItem(UID.class);
                BODY body = fetched.getItem(BODY.class);
                if (body == null || found == null || !uid.equals(String.valueOf(found.uid))) {
                    continue;
                }
                ByteArray octets = body.getByteArray();
                if (octets == null) {
                    // NIL: beyond the end for some, and a message that cannot be read for others
                    if (position < info.octets()) {
                        throw new SourceException(
                                SourceException.Reason.REFUSED, "message " + uid + " cannot be read there", null);
                    }
                    return ByteBuffer.allocate(0);
                }
                boolean whole = body.getOrigin() < 0 && position == 0 && octets.getCount() <= wanted;
                if ((body.getOrigin() != position && !whole) || octets.getCount() > wanted) {
                    throw new SourceException(
                            SourceException.Reason.PROTOCOL,
                            "message " + uid + ": the provider sends other octets than were asked for",
                            null);
                }
                return ByteBuffer.wrap(octets.getBytes(), octets.getStart(), octets.getCount());
            }
            return gone(uid);
        });
    }

    private static ByteBuffer gone(String uid) throws SourceException {
        throw new SourceException(SourceException.Reason.GONE, "message " + uid + " is gone", null);
    }

    @Override
    public void act(Collection<String> keys, AtProvider what) throws IOException {
        if (keys.isEmpty()) {
            return;
        }
        access.guard().expect(Guard.ANSWER);
        String set = set(keys);
        switch (what.kind()) {
            case KEEP -> {}
            case MARK_SEEN -> command("UID STORE " + set + " +FLAGS.SILENT (\\Seen)");
            case MOVE -> move(set, what.folder());
            case DELETE -> delete(set);
        }
    }

    private void delete(String set) throws IOException {
        command("UID STORE " + set + " +FLAGS.SILENT (\\Deleted)");
        // without UIDPLUS an EXPUNGE takes what others have marked along; so they stay marked, as in any mail program
        if (has("UIDPLUS")) {
            command("UID EXPUNGE " + set);
        }
    }

    private void move(String set, String name) throws IOException {
        if (!has("MOVE")) {
            // a copy and a deletion, between which the line can drop, would leave two there
            throw new SourceException(
                    SourceException.Reason.REFUSED, "the provider cannot move messages (RFC 6851)", null);
        }
        Argument target = new Argument();
        target.writeString(BASE64MailboxEncoder.encode(name));
        // it may be there; if it cannot be made, the provider says so next
        run("CREATE", protocol -> protocol.command("CREATE", target));
        access.guard().expect(Guard.ANSWER);
        run("MOVE", protocol -> {
            Argument arguments = new Argument();
            arguments.writeAtom(set);
            arguments.writeString(BASE64MailboxEncoder.encode(name));
            checked(protocol, protocol.command("UID MOVE", arguments));
            return true;
        });
    }

    /** Of this connection: the store would open another one to ask. */
    private boolean has(String capability) throws IOException {
        return run("", protocol -> protocol.hasCapability(capability));
    }

    @Override
    public void finish() throws IOException {
        try {
            access.guard().expect(Guard.ANSWER);
            // nothing else is expunged
            folder.close(false);
            store.close();
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed("", e);
        }
    }

    @Override
    public boolean canAwait() throws IOException {
        return has("IDLE");
    }

    @Override
    public CompletableFuture<Boolean> await(Duration most, Executor threads) throws IOException {
        access.guard().expect(Guard.ANSWER);
        long until = System.nanoTime() + most.toNanos();
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        run("IDLE", protocol -> {
            protocol.idleStart();
            return true;
        });
        listen(until, threads, told);
        return told;
    }

    /** Goes on when the provider says something; what it said with its consent to wait may be read already. */
    private void listen(long until, Executor threads, CompletableFuture<Boolean> told) throws IOException {
        Runnable then = () -> {
            try {
                threads.execute(() -> hear(until, threads, told));
            } catch (RejectedExecutionException e) {
                told.completeExceptionally(e);
            }
        };
        if (news || run("IDLE", IMAPProtocol::hasResponse)) {
            then.run();
        } else {
            access.whenReadable(until, then);
        }
    }

    private void hear(long until, Executor threads, CompletableFuture<Boolean> told) {
        try {
            if (run("IDLE", protocol -> idles(protocol, until))) {
                listen(until, threads, told);
            } else {
                told.complete(news);
            }
        } catch (IOException | RuntimeException e) {
            told.completeExceptionally(e);
        }
    }

    /** Reads what the provider says. @return whether it goes on; some say from time to time that they are still here */
    private boolean idles(IMAPProtocol protocol, long until) throws ProtocolException {
        boolean late = until - System.nanoTime() <= 0;
        boolean goesOn = true;
        while (goesOn && !news && !late) {
            goesOn = read(protocol);
            if (!protocol.hasResponse()) {
                break;
            }
        }
        if (goesOn && !news && !late) {
            return true;
        }
        if (goesOn) {
            protocol.idleAbort();
            while (goesOn) {
                goesOn = read(protocol);
            }
        }
        return false;
    }

    private static boolean read(IMAPProtocol protocol) throws ProtocolException {
        Response response = protocol.readIdleResponse();
        return response != null && protocol.processIdleResponse(response);
    }

    @Override
    public void close() {
        access.close();
    }

    // ---- commands

    /** Looks at what came in answer. */
    @FunctionalInterface
    private interface Reading<T> {
        T of(Response[] responses) throws IOException, ProtocolException;
    }

    /** Talks to the provider. */
    @FunctionalInterface
    private interface Talk<T> {
        T with(IMAPProtocol protocol) throws IOException, ProtocolException;
    }

    private void command(String command) throws IOException {
        command(command, responses -> true);
    }

    private <T> T command(String command, Reading<T> reading) throws IOException {
        return run("", protocol -> {
            Response[] responses = protocol.command(command, null);
            return reading.of(checked(protocol, responses));
        });
    }

    private static Response[] checked(IMAPProtocol protocol, Response[] responses) throws ProtocolException {
        protocol.notifyResponseHandlers(responses);
        protocol.handleResult(responses[responses.length - 1]);
        return responses;
    }

    private <T> T run(String doing, Talk<T> talk) throws IOException {
        if (lost) {
            throw access.lost();
        }
        try {
            return talk(doing, talk);
        } catch (SourceException e) {
            lost |= e.reason() == SourceException.Reason.CONNECTION;
            throw e;
        }
    }

    private <T> T talk(String doing, Talk<T> talk) throws IOException {
        IOException[] failure = new IOException[1];
        try {
            @SuppressWarnings("unchecked")
            T result = (T) folder.doCommand(protocol -> {
                try {
                    if (selected != null && selected != protocol) {
                        throw access.lost();
                    }
                    selected = protocol;
                    return talk.with(protocol);
                } catch (IOException e) {
                    failure[0] = e;
                    return null;
                }
            });
            if (failure[0] != null) {
                throw failure[0] instanceof SourceException known ? known : access.failed(doing, failure[0]);
            }
            return result;
        } catch (MessagingException | IllegalStateException e) {
            throw access.failed(doing.isEmpty() ? "" : doing + ": ", e);
        }
    }

    /** UIDs as a set, runs of them as ranges. */
    static String set(Collection<String> keys) {
        List<Long> numbers =
                keys.stream().map(Long::valueOf).sorted().distinct().toList();
        StringBuilder set = new StringBuilder();
        for (int i = 0; i < numbers.size(); i++) {
            int to = i;
            while (to + 1 < numbers.size() && numbers.get(to + 1) == numbers.get(to) + 1) {
                to++;
            }
            set.append(set.isEmpty() ? "" : ",").append(numbers.get(i));
            if (to > i) {
                set.append(':').append(numbers.get(to));
            }
            i = to;
        }
        return set.toString();
    }
}
