package org.pop2.lmtp;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Objects;

/** The file of a Unix socket. Its methods block. */
final class UnixSocket {
    private UnixSocket() {}

    /**
     * Removes a socket file that a crash left, unless somebody listens on it.
     *
     * @throws BindException if somebody listens, or if the file is not a socket
     */
    static void clear(Path path) throws IOException {
        BasicFileAttributes found;
        try {
            found = attributes(path);
        } catch (java.nio.file.NoSuchFileException free) {
            return;
        }
        if (!found.isOther()) {
            throw new BindException(path + " exists and is not a socket");
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new BindException("somebody listens on " + path + " already (" + probe.getRemoteAddress() + ")");
        } catch (ConnectException nobody) {
            remove(path, found.fileKey());
        }
    }

    /** Sets mode, owner and group of the socket file; returns the file's key for {@link #remove}. */
    static Object prepare(Path path, LmtpSettings.SocketFile wanted) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view != null) {
            UserPrincipalLookupService names = path.getFileSystem().getUserPrincipalLookupService();
            if (wanted.group().isPresent()) {
                view.setGroup(names.lookupPrincipalByGroupName(wanted.group().get()));
            }
            if (wanted.owner().isPresent()) {
                view.setOwner(names.lookupPrincipalByName(wanted.owner().get()));
            }
            // by path: a view that follows no links cannot change a mode
            Files.setPosixFilePermissions(path, wanted.mode());
        }
        return Objects.requireNonNullElse(attributes(path).fileKey(), path);
    }

    /** Removes the socket file if it still has that key. */
    static void remove(Path path, Object fileKey) throws IOException {
        try {
            Object now = attributes(path).fileKey();
            if (now == null || now.equals(fileKey)) {
                Files.deleteIfExists(path);
            }
        } catch (java.nio.file.NoSuchFileException alreadyGone) {
            return;
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
