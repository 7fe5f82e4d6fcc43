/** POP2 (RFC 937) without I/O, and the contract of a mail storage. The two packages do not know each other. */
// the protocol's name ends in a digit; reactive-streams has a module name but no descriptor
@SuppressWarnings({"module", "requires-automatic", "requires-transitive-automatic"})
module org.pop2.protocol {
    requires transitive org.jspecify;
    requires transitive org.reactivestreams;

    exports org.pop2.protocol;
    exports org.pop2.storage;
    exports org.pop2.storage.memory;
    exports org.pop2.storage.support;
    exports org.pop2.storage.transfer;

    uses org.pop2.storage.MailStoreProvider;

    provides org.pop2.storage.MailStoreProvider with
            org.pop2.storage.memory.MemoryProvider;
}
