package org.pop2.app.outside;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.pop2.client.Acknowledgement;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.protocol.Secret;
import reactor.core.publisher.Mono;

/** Fetches the demo's mail and says how many messages there were. */
final class ClientAlone {
    private ClientAlone() {}

    public static void main(String[] args) {
        Pop2Client client = Pop2Client.of(ClientSettings.of(args[0], Integer.parseInt(args[1])));
        Long fetched = client.fetch(
                        "demo",
                        Secret.of("demo".getBytes(StandardCharsets.UTF_8)),
                        Optional.empty(),
                        message -> message.bytes().then(Mono.just(Acknowledgement.KEEP)))
                .block();
        System.out.println("fetched " + fetched);
    }
}
