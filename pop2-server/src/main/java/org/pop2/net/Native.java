package org.pop2.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import org.pop2.library.Library;

/** Sockets of Linux, where Netty's native code for them is there; nothing of it is touched where it is not. */
public final class Native {
    private static final boolean EPOLL = Library.EPOLL.isPresent() && Epoll.isAvailable();

    private Native() {}

    /** Whether connections are such sockets. */
    public static boolean isEpoll() {
        return EPOLL;
    }

    /** An acknowledgement of what has come is sent at once. */
    static void acknowledgeNow(Channel channel) {
        if (EPOLL) {
            channel.config().setOption(EpollChannelOption.TCP_QUICKACK, true);
        }
    }

    /** What is written from now on goes in as few segments as there can be. */
    static void gather(Channel channel) {
        if (EPOLL) {
            channel.config().setOption(EpollChannelOption.TCP_CORK, true);
        }
    }
}
