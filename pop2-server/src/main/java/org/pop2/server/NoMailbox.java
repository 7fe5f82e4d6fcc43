package org.pop2.server;

import org.pop2.protocol.MailboxView;

/** The view of a folder that cannot exist. */
enum NoMailbox implements MailboxView {
    INSTANCE;

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
}
