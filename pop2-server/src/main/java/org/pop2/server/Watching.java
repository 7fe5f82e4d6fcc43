package org.pop2.server;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.End;
import org.pop2.protocol.Reply;
import org.pop2.protocol.ReplyCodec;
import org.pop2.storage.UserName;
import org.pop2.trace.Watch;

/** Passes events to the watch of a session, if an operator watches it. */
final class Watching {
    private @Nullable Watch watch;

    void by(@Nullable Watch operator) {
        watch = operator;
    }

    /** Whether somebody watches: to be asked before costly events. */
    boolean isOn() {
        return watch != null;
    }

    void received(ByteBuffer line) {
        if (watch != null) {
            watch.received(line);
        }
    }

    void sent(Reply reply) {
        if (watch != null) {
            watch.sent(ReplyCodec.encode(reply));
        }
    }

    void loggedIn(UserName user) {
        if (watch != null) {
            watch.loggedIn(user);
        }
    }

    void note(String what) {
        if (watch != null) {
            watch.note(what);
        }
    }

    void end(End why) {
        if (watch != null) {
            watch.end(why);
        }
    }
}
