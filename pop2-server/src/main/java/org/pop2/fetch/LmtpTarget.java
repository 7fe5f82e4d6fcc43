package org.pop2.fetch;

import java.io.IOException;
import java.util.OptionalInt;
import org.pop2.lmtp.client.LmtpClient;
import org.pop2.lmtp.client.LmtpRefusedException;
import org.pop2.storage.transfer.Fingerprint;

/** Delivers all messages to one recipient of a mail system, by LMTP. Delivered messages cannot be counted. */
public final class LmtpTarget implements Target {
    private final LmtpClient client;
    private final String recipient;

    public LmtpTarget(LmtpClient client, String recipient) {
        this.client = client;
        this.recipient = recipient;
    }

    @Override
    public void deliver(FetchedMessage message, String id) throws IOException {
        try {
            client.deliver(new LmtpClient.Envelope(message.sender(), recipient, id), message);
        } catch (LmtpRefusedException e) {
            throw new DeliveryException(kind(e), String.valueOf(e.getMessage()), e);
        }
    }

    private static DeliveryException.Kind kind(LmtpRefusedException refused) {
        if (!refused.isPermanent()) {
            return DeliveryException.Kind.TEMPORARY;
        }
        return switch (refused.step()) {
            // says nothing about the message
            case CONNECTION -> DeliveryException.Kind.TEMPORARY;
            case RECIPIENT -> DeliveryException.Kind.NO_RECIPIENT;
            case SENDER, MESSAGE -> DeliveryException.Kind.REJECTED;
        };
    }

    @Override
    public OptionalInt count(Fingerprint wanted) {
        return OptionalInt.empty();
    }

    @Override
    public void close() {
        // no connection is open between two messages
    }
}
