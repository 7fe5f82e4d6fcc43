package org.pop2.server;

import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.pop2.net.LineConnection;
import org.pop2.protocol.Effect;
import org.pop2.protocol.Event;

/** The message that a session is sending, if any. */
final class MessageSending implements MessageTransfer.Outcome {
    private final LineConnection connection;
    private final MailboxHold hold;
    private final MailboxHold.Owner owner;
    private final SessionRecord record;
    private final Watching watching;
    private final IntConsumer onWritten;

    private @Nullable MessageTransfer transfer;
    private boolean cut;

    /** @param onWritten called with octets that the socket accepted */
    MessageSending(
            LineConnection connection,
            MailboxHold hold,
            MailboxHold.Owner owner,
            SessionRecord record,
            Watching watching,
            IntConsumer onWritten) {
        this.connection = connection;
        this.hold = hold;
        this.owner = owner;
        this.record = record;
        this.watching = watching;
        this.onWritten = onWritten;
    }

    boolean isUnderWay() {
        return transfer != null;
    }

    /** Whether a message was cut off: no line may follow, as it would be taken for part of the message. */
    boolean isCut() {
        return cut;
    }

    void begin(Effect.Deliver what) {
        if (watching.isOn()) {
            watching.note("message " + what.number() + " begins: " + what.octets() + " octets");
        }
        MessageTransfer begun =
                new MessageTransfer(connection.outgoing(), connection.loop(), what.number(), what.octets(), this);
        transfer = begun;
        hold.content(what.number(), begun);
    }

    /** Stops sending the current message, if there is one. */
    void cutOff() {
        if (transfer != null) {
            transfer.cancel();
            broken(transfer);
            cut = true;
        }
    }

    @Override
    public void written(int octets) {
        onWritten.accept(octets);
    }

    @Override
    public void delivered(MessageTransfer done) {
        record.sentMessage(done.number(), done.octets());
        watching.note("the message is sent");
        transfer = null;
        owner.outcome(Event.DELIVERED);
    }

    @Override
    public void failed(MessageTransfer failed, Throwable cause) {
        if (transfer != null) {
            broken(failed);
        }
        hold.failed("message " + failed.number(), cause);
    }

    private void broken(MessageTransfer message) {
        record.sentOctets(message.octetsWritten());
        if (watching.isOn()) {
            watching.note("the message is cut off after " + message.octetsWritten() + " octets");
        }
        transfer = null;
    }
}
