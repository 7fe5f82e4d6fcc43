package org.pop2.management;

import io.netty.channel.Channel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of the management listener, a bounded number. When it is full, the longest idle connection makes room
 * for a new one, or else the oldest request without a token: holding connections open shuts out neither probes nor
 * operators. Safe for many threads.
 */
// what becomes of a close is told by the close future
@SuppressWarnings("FutureReturnValueIgnored")
final class Visitors {
    static final int MOST = 32;

    /** In the order of their last change of state. */
    private final Map<Channel, State> here = new LinkedHashMap<>();

    private enum State {
        IDLE,
        /** A request without the token is being answered. */
        ANSWERED,
        /** A request with the token is being answered. */
        OPERATOR
    }

    /** Admits a connection, or closes it. */
    void admit(Channel channel) {
        @Nullable Channel out = enter(channel);
        if (out != null) {
            out.close();
        }
        channel.closeFuture().addListener(closed -> remove(channel));
    }

    /** The connection that has to make room. */
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
