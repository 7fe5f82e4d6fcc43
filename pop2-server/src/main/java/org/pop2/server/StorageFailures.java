package org.pop2.server;

import org.pop2.net.LogText;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.storage.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Maps failures of a storage to replies for the client; the log has the details. */
final class StorageFailures {
    static final String TEMPORARY = "temporary failure, try again later";

    private static final Logger LOG = LoggerFactory.getLogger(StorageFailures.class);

    private StorageFailures() {}

    static Event.Failed told(SessionRecord record, String what, Throwable cause) {
        if (cause instanceof StoreException store && store.reason() == StoreException.Reason.BUSY) {
            LOG.atInfo()
                    .addKeyValue("session", record.id())
                    .addKeyValue("user", record.user())
                    .addKeyValue("what", what)
                    .addKeyValue("error", cause.getMessage())
                    .log("mailbox-in-use");
            return new Event.Failed(End.MAILBOX_IN_USE, "mailbox in use, try again later");
        }
        if (cause instanceof StoreException store) {
            LOG.atWarn()
                    .addKeyValue("session", record.id())
                    .addKeyValue("user", record.user())
                    .addKeyValue("what", what)
                    .addKeyValue("reason", LogText.word(store.reason()))
                    .addKeyValue("error", cause.getMessage())
                    .addKeyValue("cause", cause.getCause())
                    .log("storage-failed");
            return new Event.Failed(End.STORAGE_FAILED, told(store.reason()));
        }
        LOG.atError()
                .setCause(cause)
                .addKeyValue("session", record.id())
                .addKeyValue("user", record.user())
                .addKeyValue("what", what)
                .log("storage-failed");
        return new Event.Failed(End.STORAGE_FAILED, TEMPORARY);
    }

    /** Tells the client whether to try again. */
    private static String told(StoreException.Reason reason) {
        return switch (reason) {
            case CORRUPT -> "mailbox is not as it should be, ask the postmaster";
            case CHANGED -> "mailbox was changed by another program, try again";
            case NO_SPACE, OVER_QUOTA -> "no space left on the server, try again later";
            case UNKNOWN_OUTCOME -> "temporary failure, your deletions may have been made: look again";
            case BUSY, UNAVAILABLE, NOT_FOUND -> TEMPORARY;
        };
    }
}
