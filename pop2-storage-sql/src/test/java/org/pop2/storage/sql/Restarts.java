package org.pop2.storage.sql;

import java.io.IOException;

/** A database server that can be stopped and started again where it was. */
interface Restarts extends AutoCloseable {

    PostgresServer server();

    /** In good order: transactions are rolled back, connections told and closed. */
    void stop() throws IOException, InterruptedException;

    /** As if the power failed; the next start recovers. */
    void crash() throws IOException, InterruptedException;

    void start() throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}
