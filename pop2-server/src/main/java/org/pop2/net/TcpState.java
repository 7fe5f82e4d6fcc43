package org.pop2.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;

/** The state of a connection in Linux; other systems are not asked. */
final class TcpState {
    private TcpState() {}

    /** Whether sent octets await their acknowledgement. */
    static boolean isUnacknowledged(Channel channel) {
        return Native.isEpoll()
                && channel instanceof EpollSocketChannel epoll
                && epoll.tcpInfo().unacked() > 0;
    }

    /** Whether the peer's system has acknowledged something recently, so that the link is up. */
    static boolean isHeard(Channel channel, long millis) {
        return Native.isEpoll()
                && channel instanceof EpollSocketChannel epoll
                && epoll.tcpInfo().lastAckRecv() <= millis;
    }
}
