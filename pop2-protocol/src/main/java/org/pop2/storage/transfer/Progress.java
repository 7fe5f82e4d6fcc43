package org.pop2.storage.transfer;

/** Listens to the progress of a piece of work. */
public interface Progress {
    /** Ignores it. */
    Progress NONE = new Progress() {
        @Override
        public void octets(long more) {}

        @Override
        public void message() {}
    };

    /** So many more octets were read. */
    void octets(long more);

    /** One more message is done. */
    void message();
}
