package org.pop2.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * Event loops with IPv4 listening sockets. Java and Netty listen with IPv6 sockets wherever IPv6 exists; bound to
 * 0.0.0.0, such a socket accepts connections to any address.
 */
public final class OwnFamily implements LoopResources {
    private final LoopResources loops;

    private OwnFamily(LoopResources loops) {
        this.loops = loops;
    }

    /**
     * Event loops for a listener at that address: an IPv4 address accepts IPv4 only. The caller disposes of the loops.
     */
    public static LoopResources of(InetSocketAddress address, LoopResources loops) {
        return isIpv4(address) ? new OwnFamily(loops) : loops;
    }

    private static boolean isIpv4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    /** A NIO listening socket for that address. */
    public static NioServerSocketChannel nio(InetSocketAddress address) {
        return isIpv4(address) ? ipv4() : new NioServerSocketChannel();
    }

    private static NioServerSocketChannel ipv4() {
        return new NioServerSocketChannel(SelectorProvider.provider(), SocketProtocolFamily.INET);
    }

    @Override
    public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup group) {
        if (type == ServerSocketChannel.class) {
            Class<? extends C> usual = loops.onChannelClass(type, group);
            if (Native.isEpoll() && usual == EpollServerSocketChannel.class) {
                return type.cast(new EpollServerSocketChannel(SocketProtocolFamily.INET));
            }
            if (usual == NioServerSocketChannel.class) {
                return type.cast(ipv4());
            }
        }
        return loops.onChannel(type, group);
    }

    @Override
    public <C extends Channel> Class<? extends C> onChannelClass(Class<C> type, EventLoopGroup group) {
        return loops.onChannelClass(type, group);
    }

    @Override
    public EventLoopGroup onClient(boolean useNative) {
        return loops.onClient(useNative);
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return loops.onServer(useNative);
    }

    @Override
    public EventLoopGroup onServerSelect(boolean useNative) {
        return loops.onServerSelect(useNative);
    }

    @Override
    public boolean daemon() {
        return loops.daemon();
    }

    @Override
    public boolean isDisposed() {
        return loops.isDisposed();
    }

    @Override
    public void dispose() {
        loops.dispose();
    }

    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        return loops.disposeLater(quietPeriod, timeout);
    }
}
