package org.pop2.management;

import io.netty.channel.Channel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of the listener for operators, a bounded number. When there is no room for another, the one that has
 * been idle longest makes room, or else the oldest request that shows no token: whoever keeps connections open shuts
 * out neither a probe nor an operator. Safe for many threads.
 */
// what becomes of a close is told by the close future
@SuppressWarnings("FutureReturnValueIgnored")
final class Visitors {
    static final int MOST = 32;

    /** In the order in which they began to be what they are. */
    private final Map<Channel, State> here = new LinkedHashMap<>();

    private enum State {
        IDLE,
        /** A request is being answered. */
        ANSWERED,
        /** The request shows the token. */
        OPERATOR
    }

    /** Lets a connection in, or closes it. */
    void admit(Channel channel) {
        @Nullable Channel out = enter(channel);
        if (out != null) {
            out.close();
        }
        channel.closeFuture().addListener(closed -> remove(channel));
    }

    /** Who has to go for it. */
    private synchronized @Nullable Channel enter(Channel channel) {
        Channel out = null;
        if (here.size() >= MOST) {
            out = first(state -> state == State.IDLE);
            if (out == null) {
                out = first(state -> state == State.ANSWERED);
            }
            if (out == null) {
                return channel;
            }
            here.remove(out);
        }
        here.put(channel, State.IDLE);
        return out;
    }

    private @Nullable Channel first(Predicate<State> which) {
        for (Map.Entry<Channel, State> each : here.entrySet()) {
            if (which.test(each.getValue())) {
                return each.getKey();
            }
        }
        return null;
    }

    /** A request has been read. */
    void asks(Channel channel, boolean operator) {
        become(channel, operator ? State.OPERATOR : State.ANSWERED);
    }

    /** It has been answered. */
    void rests(Channel channel) {
        become(channel, State.IDLE);
    }

    private synchronized void become(Channel channel, State next) {
        if (here.remove(channel) != null) {
            here.put(channel, next);
        }
    }

    private synchronized void remove(Channel channel) {
        here.remove(channel);
    }
}
