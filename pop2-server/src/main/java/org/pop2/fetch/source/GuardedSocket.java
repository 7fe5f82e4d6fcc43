package org.pop2.fetch.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import javax.net.SocketFactory;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose octets go through a {@link Guard}, above TLS if there is any. Angus Mail takes it for a plain one:
 * TLS, and whether the certificate names the host, is settled here.
 */
// what Socket guards by its monitor is not used here
@SuppressWarnings("UnsynchronizedOverridesSynchronized")
final class GuardedSocket extends Socket {
    private final Guard guard;
    private final @Nullable Tls tls;

    /** Below TLS. Reads and writes go here until there is a handshake. */
    private final Socket plain;

    /** The same, to wait on without a thread. */
    private final SocketChannel channel;

    private volatile Socket used;

    /** What a handshake needs. */
    record Tls(SSLSocketFactory factory, String host, int port) {
        Socket over(Socket plain) throws IOException {
            SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        }
    }

    /** @param tls for TLS from the first octet on */
    private GuardedSocket(Guard guard, @Nullable Tls tls, SocketChannel channel) {
        this.guard = guard;
        this.tls = tls;
        this.channel = channel;
        this.plain = channel.socket();
        this.used = plain;
    }

    /**
     * Makes unconnected sockets, and remembers the last one for its source. Angus Mail asks for no others; one that is
     * connected already would get around the guard.
     */
    static final class Plain extends SocketFactory {
        private final Guard guard;
        private final @Nullable Tls tls;
        private volatile @Nullable GuardedSocket made;

        Plain(Guard guard, @Nullable Tls tls) {
            this.guard = guard;
            this.tls = tls;
        }

        /** See {@link Waits#until}. */
        void whenReadable(long until, Runnable then) throws IOException {
            GuardedSocket socket = made;
            if (socket == null) {
                throw new SocketException("not connected");
            }
            Waits.until(socket.channel, until, then);
        }

        /** Closes the connection and interrupts reads and writes. */
        void close() {
            GuardedSocket socket = made;
            if (socket != null) {
                try {
                    socket.close();
                    Waits.look();
                } catch (IOException e) {
                    // closed enough: nobody reads it any more
                    return;
                }
            }
        }

        @Override
        public Socket createSocket() throws IOException {
            GuardedSocket socket = new GuardedSocket(guard, tls, SocketChannel.open());
            made = socket;
            return socket;
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    /** Begins TLS on a connection of {@link Plain}, for STARTTLS. Angus Mail asks for nothing else. */
    static final class Starting extends SSLSocketFactory {
        private final Tls tls;

        Starting(Tls tls) {
            this.tls = tls;
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            GuardedSocket guarded = (GuardedSocket) socket;
            // one who can write to the line may have sent answers ahead, which must not be taken for those behind TLS
            if (guarded.plain.getInputStream().available() > 0) {
                throw new IOException("it sends more than was asked for, before TLS");
            }
            guarded.used = tls.over(guarded.plain);
            return guarded;
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return tls.factory().getDefaultCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return tls.factory().getSupportedCipherSuites();
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        if (endpoint instanceof InetSocketAddress named && named.isUnresolved()) {
            // a channel does not say which
            throw new UnknownHostException(named.getHostString());
        }
        plain.connect(endpoint, timeout);
        plain.setTcpNoDelay(true);
        plain.setKeepAlive(true);
        if (tls != null) {
            used = tls.over(plain);
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return guard.over(used.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return used.getOutputStream();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        plain.setSoTimeout(timeout);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        return plain.getSoTimeout();
    }

    @Override
    public InetAddress getInetAddress() {
        return ((InetSocketAddress) plain.getRemoteSocketAddress()).getAddress();
    }

    @Override
    public int getPort() {
        return plain.getPort();
    }

    @Override
    public int getLocalPort() {
        return plain.getLocalPort();
    }

    @Override
    public InetAddress getLocalAddress() {
        return plain.getLocalAddress();
    }

    @Override
    public boolean isConnected() {
        return plain.isConnected();
    }

    @Override
    public boolean isClosed() {
        return plain.isClosed();
    }

    /** Closes below TLS: TLS's closing message could block on a provider that hangs. */
    @Override
    public void close() throws IOException {
        plain.close();
    }
}
