package org.pop2.fetch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A way to a server that ends behind so many octets in one direction. For one connection. */
final class Scissors implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final int port;
    private final boolean said;
    private long left;
    private volatile boolean cut;

    /** @param said whether the octets are counted that the server says, or those that it is told */
    Scissors(int port, boolean said, long octets) throws IOException {
        this.port = port;
        this.said = said;
        this.left = octets;
        Thread thread = new Thread(this::serve, "scissors");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        try (Socket client = server.accept();
                Socket there = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setTcpNoDelay(true);
            there.setTcpNoDelay(true);
            Thread back = new Thread(() -> carry(there, client, said), "back");
            back.setDaemon(true);
            back.start();
            carry(client, there, !said);
            back.join();
        } catch (IOException | InterruptedException e) {
            // closed before anybody came
        }
    }

    private void carry(Socket from, Socket to, boolean counted) {
        try (from;
                to) {
            byte[] some = new byte[4096];
            for (int n = from.getInputStream().read(some);
                    n >= 0;
                    n = from.getInputStream().read(some)) {
                int through = counted ? (int) Math.min(left, n) : n;
                to.getOutputStream().write(some, 0, through);
                if (counted) {
                    left -= through;
                }
                if (through < n) {
                    cut = true;
                    break;
                }
            }
        } catch (IOException e) {
            // the other direction has ended
        }
    }

    /** Where to connect instead. */
    int port() {
        return server.getLocalPort();
    }

    /** Whether it has ended. */
    boolean isCut() {
        return cut;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
