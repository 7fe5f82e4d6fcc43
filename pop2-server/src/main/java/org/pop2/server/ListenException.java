package org.pop2.server;

import org.pop2.net.LogText;
import org.pop2.net.RemoteClient;
import org.pop2.net.TlsException;

/**
 * A listener that could not be opened: its address is in use, not permitted or not of this machine, or its TLS cannot
 * be used.
 */
public final class ListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ListenerSettings listener;

    ListenException(ListenerSettings listener, Throwable cause) {
        super(
                cause instanceof TlsException
                        ? cause.getMessage()
                        : "cannot listen on " + RemoteClient.text(listener.address()) + ": "
                                + LogText.systemError(root(cause)),
                cause);
        this.listener = listener;
    }

    /** The system's own error, which Netty wraps. */
    private static Throwable root(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** The listener that failed. */
    public ListenerSettings listener() {
        return listener;
    }
}
