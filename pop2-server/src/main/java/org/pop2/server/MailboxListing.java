package org.pop2.server;

import org.pop2.protocol.Listing;
import org.pop2.storage.Mailbox;

/** A mailbox as the protocol looks at it. */
record MailboxListing(Mailbox mailbox) implements Listing {
    /** What a folder is like that cannot exist. */
    static final Listing NONE = new Listing() {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public long octets(int number) {
            throw new IndexOutOfBoundsException(number);
        }

        @Override
        public boolean writable() {
            return false;
        }
    };

    @Override
    public int count() {
        return mailbox.count();
    }

    @Override
    public long octets(int number) {
        return mailbox.octets(number);
    }

    @Override
    public boolean writable() {
        return mailbox.writable();
    }
}
