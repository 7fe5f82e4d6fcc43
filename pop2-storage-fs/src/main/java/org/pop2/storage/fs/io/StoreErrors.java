package org.pop2.storage.fs.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/** Turns what the JDK throws into what the SPI lets out. */
public final class StoreErrors {
    /** The encoding that Java names files in. */
    private static final String NAMES = System.getProperty("sun.jnu.encoding", "unknown");

    private StoreErrors() {}

    /** As {@link #of}, and the message names what it is about. */
    public static StoreException about(String what, Throwable error) {
        StoreException known = of(error);
        String message = String.valueOf(known.getMessage());
        return message.contains(what) ? known : new StoreException(known.reason(), what + ": " + message, error);
    }

    public static StoreException of(Throwable error) {
        if (error instanceof StoreException known) {
            return known;
        }
        if (error instanceof RejectedExecutionException) {
            return new StoreException(Reason.BUSY, "the storage has too much to do, or is closed", error);
        }
        if (error instanceof InvalidPathException name) {
            return badName(name.getInput(), name);
        }
        if (error instanceof IOException io) {
            return new StoreException(isNoSpace(io) ? Reason.NO_SPACE : Reason.UNAVAILABLE, describe(io), io);
        }
        return new StoreException(Reason.UNAVAILABLE, "unexpected: " + error, error);
    }

    /**
     * Fails if the name of a file could not be read, for the locale of this process has no such names.
     *
     * @param name as Java gives it
     */
    public static void requireReadable(String name) {
        if (name.indexOf('\ufffd') >= 0 && !NAMES.equalsIgnoreCase("UTF-8")) {
            throw badName(name, null);
        }
    }

    private static StoreException badName(String name, @Nullable Throwable cause) {
        return new StoreException(
                Reason.UNAVAILABLE,
                "no file can be named \"" + name + "\" where names are " + NAMES
                        + ": start this process with LC_ALL=C.UTF-8",
                cause);
    }

    private static boolean isNoSpace(IOException error) {
        String text = String.valueOf(error.getMessage());
        return text.contains("No space left on device")
                || text.contains("Disk quota exceeded")
                || text.contains("File too large");
    }

    /** Whether an operation was refused for want of permission, or because the file system is read-only. */
    public static boolean isDenied(IOException error) {
        return error instanceof AccessDeniedException
                || String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT).contains("read-only file system")
                || String.valueOf(error.getMessage()).contains("Operation not permitted");
    }

    private static String describe(IOException error) {
        if (error instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (error instanceof NoSuchFileException missing) {
            return missing.getFile() + ": there is no such file";
        }
        String text = String.valueOf(error.getMessage());
        return error.getClass() == IOException.class || error.getClass() == FileSystemException.class
                ? text
                : error.getClass().getSimpleName() + ": " + text;
    }
}
