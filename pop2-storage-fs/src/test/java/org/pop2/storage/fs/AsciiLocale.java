package org.pop2.storage.fs;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Another process, which does all that has to do with the name of a file and says what came of it. */
final class AsciiLocale {
    private static final UserName ALICE = TestStores.ALICE;
    private static final UserName JOERG = new UserName("j\u00f6rg");
    private static final FolderName GREEN = new FolderName("gr\u00fcn");

    private final PrintStream out =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);

    private void tell(String what, Supplier<? extends Publisher<?>> call) {
        Publisher<?> asked;
        try {
            asked = call.get();
        } catch (RuntimeException e) {
            out.println(what + ": thrown at the call");
            return;
        }
        try {
            Flux.from(asked).blockLast(TestStores.PATIENCE);
            out.println(what + ": done");
        } catch (StoreException e) {
            boolean helps = String.valueOf(e.getMessage()).contains("LC_ALL=C.UTF-8");
            out.println(what + ": " + e.reason() + (helps ? " with the way out" : ""));
        }
    }

    private static Message message() {
        return Message.of(Flux.just(ByteBuffer.wrap("Subject: x\r\n\r\nx\r\n".getBytes(StandardCharsets.US_ASCII))));
    }

    public static void main(String[] args) {
        AsciiLocale here = new AsciiLocale();
        MboxStore store = OtherProcess.open(Path.of(args[0]), 0);
        Mono.from(store.accounts().put(new Account(JOERG, "{PLAIN}x", true))).block(TestStores.PATIENCE);
        here.tell("open a user's inbox", () -> store.open(JOERG, FolderName.INBOX));
        here.tell("open a folder", () -> store.open(ALICE, GREEN));
        here.tell("deliver to a user", () -> store.deliver(JOERG, FolderName.INBOX, message()));
        here.tell("deliver to nobody", () -> store.deliver(new UserName("\u00fc"), FolderName.INBOX, message()));
        here.tell("deliver to a folder", () -> store.deliver(JOERG, GREEN, message()));
        here.tell("folders of a user", () -> store.folders(JOERG));
        here.tell("folders, one not ASCII", () -> store.folders(ALICE));
        here.tell("usage of a user", () -> store.usage(JOERG));
        here.tell("usage, one folder not ASCII", () -> store.usage(ALICE));
        here.tell("examine a user", () -> store.examine(List.of(JOERG)));
        here.tell(
                "open what is ASCII",
                () -> Flux.from(store.open(ALICE, FolderName.INBOX))
                        .flatMap(mailbox -> mailbox.release(new java.util.BitSet())));
        Mono.from(store.close()).block(TestStores.PATIENCE);
    }
}
