package org.pop2.storage.transfer;

/** Is told how far a piece of work has come. */
public interface Progress {
    /** For work that nobody watches. */
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
