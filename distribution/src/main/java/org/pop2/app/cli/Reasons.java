package org.pop2.app.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Describes file errors in words, as Java's message is often only the file's name. */
public final class Reasons {
    private Reasons() {}

    /** The file, if known, and what is wrong with it. */
    public static String of(IOException e) {
        if (e instanceof FileSystemException known && known.getFile() != null && known.getReason() == null) {
            return known.getFile() + words(known);
        }
        if (e instanceof FileSystemException known && known.getFile() != null) {
            return known.getFile() + ": " + known.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String words(FileSystemException e) {
        if (e instanceof AccessDeniedException) {
            return ": permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return " is not there";
        }
        if (e instanceof FileAlreadyExistsException) {
            return " is there already";
        }
        if (e instanceof NotDirectoryException) {
            return " is not a directory";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return " is not empty";
        }
        return " cannot be used";
    }
}
