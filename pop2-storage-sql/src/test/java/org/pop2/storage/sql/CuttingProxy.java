package org.pop2.storage.sql;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A TCP proxy before the database that cuts connections, or lets nothing through. */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String host;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger untilCut = new AtomicInteger(Integer.MAX_VALUE);
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean refusing;
    private volatile boolean afterSending;
    private volatile boolean forGood;
    private volatile CountDownLatch open = new CountDownLatch(0);

    CuttingProxy(String address) {
        int colon = address.lastIndexOf(':');
        host = address.substring(0, colon);
        port = Integer.parseInt(address.substring(colon + 1));
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread(this::accept);
    }

    String url(String database) {
        return "postgresql://127.0.0.1:" + listener.getLocalPort() + "/" + database;
    }

    /**
     * Cuts, once, the connection that sends the n-th packet from now.
     *
     * @param afterSending whether the database still gets it, and only its answer is lost
     */
    void cutAt(int n, boolean afterSending) {
        this.afterSending = afterSending;
        untilCut.set(n);
    }

    /** The same, and from then on as after {@link #refuse}. */
    void cutForGoodAt(int n, boolean afterSending) {
        forGood = true;
        cutAt(n, afterSending);
    }

    /** Whether the cut has happened. */
    boolean hasCut() {
        return untilCut.get() < 0;
    }

    void noCut() {
        untilCut.set(Integer.MAX_VALUE);
    }

    /** Nothing gets through until {@link #heal}, and nobody is told. */
    void partition() {
        open = new CountDownLatch(1);
    }

    /** Resets every connection there is and that comes, until {@link #heal}. */
    void refuse() {
        refused.set(0);
        refusing = true;
        sockets.forEach(CuttingProxy::shut);
        sockets.clear();
    }

    /** How many connections were reset as they came. */
    int refused() {
        return refused.get();
    }

    void heal() {
        refusing = false;
        open.countDown();
    }

    @Override
    public void close() {
        heal();
        shut(listener);
        sockets.forEach(CuttingProxy::shut);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (refusing) {
                    client.setSoLinger(true, 0);
                    shut(client);
                    refused.incrementAndGet();
                    continue;
                }
                Socket server = new Socket(host, port);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                thread(() -> pump(client, server, true));
                thread(() -> pump(server, client, false));
            } catch (IOException e) {
                shut(listener);
            }
        }
    }

    private void pump(Socket from, Socket to, boolean counted) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                open.await();
                boolean cut = counted && untilCut.get() != Integer.MAX_VALUE && untilCut.decrementAndGet() == -1;
                if (!cut || afterSending) {
                    out.write(buffer, 0, n);
                }
                if (cut) {
                    if (forGood) {
                        refuse();
                    }
                    break;
                }
            }
        } catch (IOException e) {
            // one side is gone, and the other one goes now
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        shut(from);
        shut(to);
    }

    private static void thread(Runnable work) {
        Thread thread = new Thread(work, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void shut(java.io.Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
