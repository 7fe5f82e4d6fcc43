package org.pop2.fetch.source;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** What a provider of a test says and hears on a connection. */
@FunctionalInterface
interface Talk {
    void over(Socket socket) throws IOException;

    /** Serves one connection after the other, until the listener is closed. */
    default void at(ServerSocket listener) {
        Thread thread = new Thread(() -> {
            while (!listener.isClosed()) {
                try (Socket socket = listener.accept()) {
                    over(socket);
                } catch (IOException e) {
                    // the client has had enough
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
