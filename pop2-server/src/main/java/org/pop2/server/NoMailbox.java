package org.pop2.server;

import org.pop2.protocol.MailboxView;

/** What a folder is like that cannot exist. */
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
