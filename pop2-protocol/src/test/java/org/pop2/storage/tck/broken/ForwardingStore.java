package org.pop2.storage.tck.broken;

import java.util.function.UnaryOperator;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Does what the healthy storage does; a fault, or another test, overrides what it changes. */
public class ForwardingStore extends org.pop2.storage.support.ForwardingStore {
    final MailStore healthy;

    public ForwardingStore(MailStore healthy) {
        super(healthy);
        this.healthy = healthy;
    }

    /** A storage whose mailboxes are broken. */
    static MailStore withMailboxes(MailStore healthy, UnaryOperator<Mailbox> breaking) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Flux.from(super.open(user, folder)).map(breaking);
            }
        };
    }

    /** A storage whose accounts are broken. */
    static MailStore withAccounts(MailStore healthy, UnaryOperator<Accounts> breaking) {
        return new ForwardingStore(healthy) {
            @Override
            public Accounts accounts() {
                return breaking.apply(super.accounts());
            }
        };
    }
}
