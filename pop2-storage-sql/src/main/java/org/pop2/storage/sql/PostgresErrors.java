package org.pop2.storage.sql;

import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/** Classifies errors of the driver and the server: the one place that reads SQLSTATEs (PostgreSQL, appendix A). */
final class PostgresErrors {

    private PostgresErrors() {}

    /** As an error of the storage; one that already is one stays as it is. */
    static StoreException of(String doing, Throwable error) {
        if (error instanceof StoreException known) {
            return known;
        }
        String state = sqlState(error);
        String what = doing + ": " + (state == null ? "" : "[" + state + "] ") + describe(error);
        return new StoreException(state == null ? Reason.UNAVAILABLE : reason(state), what, error);
    }

    /** The transaction was a victim of others and may be run again (serialization failure, deadlock). */
    static boolean isVictim(Throwable error) {
        String state = sqlState(error);
        return "40001".equals(state) || "40P01".equals(state);
    }

    /** The connection is gone, of no more use, or did not answer in time: what was asked may have happened or not. */
    static boolean isConnectionLost(Throwable error) {
        String state = sqlState(error);
        if (state != null) {
            return state.startsWith("08")
                    || state.startsWith("57P")
                    || state.equals("25P03")
                    // a standby, or what was the primary before a failover: a new connection may find the new one
                    || state.equals("25006")
                    // an engine over several servers lost one of them, and may have got to any point
                    || state.equals("XX000");
        }
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            // the driver wraps a closed channel in errors of several kinds
            if (cause instanceof IOException || cause instanceof TimeoutException) {
                return true;
            }
        }
        return error instanceof R2dbcNonTransientResourceException || error instanceof R2dbcTransientResourceException;
    }

    /** The row is locked by another transaction. */
    static boolean isLocked(Throwable error) {
        return "55P03".equals(sqlState(error));
    }

    /** The server gave a statement up for its length, and undid it. */
    static boolean isOverTime(Throwable error) {
        return "57014".equals(sqlState(error));
    }

    /** The server answered, and the connection can be used on. */
    static boolean leavesConnectionUsable(Throwable error) {
        return error instanceof StoreException || (error instanceof R2dbcException && isAnswer(error));
    }

    /** The server said no: what was asked has not happened. */
    static boolean isAnswer(Throwable error) {
        return sqlState(error) != null && !isConnectionLost(error);
    }

    /**
     * An error that a COMMIT may be answered with though it took effect: it was cancelled while it waited for others.
     */
    static boolean leavesCommitOpen(Throwable error) {
        String state = sqlState(error);
        return "XX000".equals(state) || "57014".equals(state);
    }

    /** The connection is not used any more, and the server has not said that it is at an end with it. */
    static boolean mayGoOn(Throwable error) {
        String state = sqlState(error);
        return state == null || state.equals("08007");
    }

    static @Nullable String sqlState(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof R2dbcException r2dbc && r2dbc.getSqlState() != null) {
                return r2dbc.getSqlState();
            }
        }
        return null;
    }

    private static Reason reason(String state) {
        return switch (state) {
            case "53100", "53400" -> Reason.NO_SPACE;
            case "40001", "40P01", "55P03", "55006", "53300" -> Reason.BUSY;
            // stored data contradicts a constraint, or cannot be read
            case "XX001", "XX002" -> Reason.CORRUPT;
            default -> state.startsWith("23") ? Reason.CORRUPT : Reason.UNAVAILABLE;
        };
    }

    private static String describe(Throwable error) {
        if (error instanceof TimeoutException || error instanceof R2dbcTimeoutException) {
            return "the database did not answer in time";
        }
        String message = error.getMessage();
        if (message == null) {
            return error.getClass().getSimpleName();
        }
        // the driver says that it cannot connect; why, a certificate perhaps, is below
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        boolean tellsMore = root != error && (root instanceof IOException || root instanceof GeneralSecurityException);
        return tellsMore ? message + ": " + root.getMessage() : message;
    }
}
