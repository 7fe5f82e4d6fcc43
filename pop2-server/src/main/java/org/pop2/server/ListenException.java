package org.pop2.server;

/**
 * A listener that could not be opened: the address is taken, not allowed, not of this machine; or its TLS has a fault.
 */
public final class ListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ListenerSettings listener;

    ListenException(ListenerSettings listener, Throwable cause) {
        super(
                cause instanceof TlsException
                        ? cause.getMessage()
                        : "cannot listen on " + Client.text(listener.address()) + ": " + cause.getMessage(),
                cause);
        this.listener = listener;
    }

    /** Which it was. */
    public ListenerSettings listener() {
        return listener;
    }
}
