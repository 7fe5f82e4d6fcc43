package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.protocol.Command.Helo;

class SecretTest {
    private final byte[] octets = "hunter2".getBytes(StandardCharsets.US_ASCII);
    private final Secret secret = Secret.of(octets);

    @Test
    void nothingThatHoldsASecretShowsIt() {
        Credentials credentials = new Credentials("postel", secret);
        Helo helo = new Helo(credentials, credentials);
        for (Object holder : List.of(secret, credentials, helo, new Event.Received(helo), new Effect.LogIn(helo))) {
            assertThat(holder.toString()).doesNotContain("hunter").contains("***");
        }
        assertThat(secret.hashCode()).isEqualTo(Secret.of(new byte[0]).hashCode());
    }

    @Test
    void aSecretIsACopyAndGivesCopies() {
        octets[0] = 'x';
        secret.octets()[1] = 'x';

        assertThat(secret.octets()).isEqualTo("hunter2".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void aWipedSecretIsGone() {
        secret.wipe();

        assertThat(secret.octets()).containsOnly(0);
    }

    @Test
    void secretsAreEqualByTheirOctets() {
        assertThat(secret).isEqualTo(Secret.of(octets)).isNotEqualTo(Secret.of(new byte[7]));
    }
}
