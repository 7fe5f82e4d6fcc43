package org.pop2.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pop2.client.BlockingPop2Client;
import org.pop2.client.BlockingPop2Message;
import org.pop2.client.BlockingPop2Session;
import org.pop2.client.ClientSettings;
import org.pop2.protocol.Secret;

/** The README's client without Reactor. */
final class BlockingFetch {
    private BlockingFetch() {}

    static void fetch(String host, int port, Secret password, Path directory) throws IOException {
        BlockingPop2Client client = BlockingPop2Client.of(ClientSettings.of(host, port));
        try (BlockingPop2Session session = client.connect("smith", password)) {
            for (BlockingPop2Message message : session.messages()) {
                Files.copy(message.content(), directory.resolve(message.number() + ".eml"));
                message.delete();
            }
            session.quit();
        }
    }
}
