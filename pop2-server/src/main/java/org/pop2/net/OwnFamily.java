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
 * Event loops whose listening sockets are of IPv4. Java and Netty listen with sockets of IPv6 wherever there is IPv6,
 * and such a one that is bound to 0.0.0.0 hears every address.
 */
public final class OwnFamily implements LoopResources {
    private final LoopResources loops;

    private OwnFamily(LoopResources loops) {
        this.loops = loops;
    }

    /** For a listener at that address: an address of IPv4 hears IPv4 and nothing else. The loops stay the caller's. */
    public static LoopResources of(InetSocketAddress address, LoopResources loops) {
        return isIpv4(address) ? new OwnFamily(loops) : loops;
    }

    private static boolean isIpv4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    /** A listening socket without native code, for that address. */
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
