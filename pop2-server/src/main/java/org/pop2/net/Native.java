package org.pop2.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import org.pop2.library.Library;

/** Linux sockets, if Netty's native library is present; otherwise none of it is loaded. */
public final class Native {
    private static final boolean EPOLL = Library.EPOLL.isPresent() && Epoll.isAvailable();

    private Native() {}

    /** Whether connections use epoll. */
    public static boolean isEpoll() {
        return EPOLL;
    }

    /** Makes the system acknowledge what has come at once. */
    static void acknowledgeNow(Channel channel) {
        if (EPOLL) {
            channel.config().setOption(EpollChannelOption.TCP_QUICKACK, true);
        }
    }

    /** Makes the system send in as few segments as possible. */
    static void gather(Channel channel) {
        if (EPOLL) {
            channel.config().setOption(EpollChannelOption.TCP_CORK, true);
        }
    }
}
