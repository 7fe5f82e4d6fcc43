package org.pop2.storage.support;

import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/** Turns whatever goes wrong into the one exception that a storage may emit (rule S14). */
final class Failures {
    private Failures() {}

    static StoreException of(Throwable error) {
        return error instanceof StoreException known
                ? known
                : new StoreException(Reason.UNAVAILABLE, "unexpected: " + error, error);
    }
}
