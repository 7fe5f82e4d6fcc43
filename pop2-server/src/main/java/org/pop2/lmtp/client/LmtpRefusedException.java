package org.pop2.lmtp.client;

import java.io.IOException;
import java.io.Serial;

/** A mail system refused the message. */
public final class LmtpRefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What was refused. */
    public enum Step {
        /** The connection, regardless of the message. */
        CONNECTION,
        /** Mail of this sender, or with these parameters. */
        SENDER,
        /** Mail for this recipient. */
        RECIPIENT,
        /** The message itself. */
        MESSAGE
    }

    private final Step step;
    private final boolean permanent;

    LmtpRefusedException(Step step, boolean permanent, String message) {
        super(message);
        this.step = step;
        this.permanent = permanent;
    }

    public Step step() {
        return step;
    }

    /** Whether the refusal is permanent: a 5xx reply. */
    public boolean isPermanent() {
        return permanent;
    }
}
