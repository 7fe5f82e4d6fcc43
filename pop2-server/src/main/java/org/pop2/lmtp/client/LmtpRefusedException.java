package org.pop2.lmtp.client;

import java.io.IOException;
import java.io.Serial;

/** A mail system answered, and did not take the message. */
public final class LmtpRefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What was refused. */
    public enum Step {
        /** The connection, whatever the message is. */
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

    /** Whether it would be refused again: the reply was 5xx. */
    public boolean isPermanent() {
        return permanent;
    }
}
