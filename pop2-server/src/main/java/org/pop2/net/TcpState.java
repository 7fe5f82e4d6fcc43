package org.pop2.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;

/** What Linux knows of a connection; other systems are not asked. */
final class TcpState {
    private TcpState() {}

    /** Whether octets that we have handed over have not been acknowledged. */
    static boolean isUnacknowledged(Channel channel) {
        return Native.isEpoll()
                && channel instanceof EpollSocketChannel epoll
                && epoll.tcpInfo().unacked() > 0;
    }

    /** Whether the other side's system has acknowledged something lately: the link has not dropped. */
    static boolean isHeard(Channel channel, long millis) {
        return Native.isEpoll()
                && channel instanceof EpollSocketChannel epoll
                && epoll.tcpInfo().lastAckRecv() <= millis;
    }
}
