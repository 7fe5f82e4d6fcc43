package org.pop2.app.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationTest {
    @Test
    void eachKindIsUnderstood() {
        assertThat(Destination.of("mbox:/var/mail/x:y", "postel"))
                .isEqualTo(new Destination.Mbox(Path.of("/var/mail/x:y")));
        assertThat(Destination.of("maildir:/home/x/Maildir/", "postel"))
                .isEqualTo(new Destination.Maildir(Path.of("/home/x/Maildir")));
        assertThat(Destination.of("-", "postel")).isEqualTo(new Destination.Output());
        assertThat(Destination.of("lmtp:mx:24", "postel"))
                .isEqualTo(new Destination.Lmtp(InetSocketAddress.createUnresolved("mx", 24), "postel"));
        assertThat(Destination.of("lmtp:[::1]:24/jon@isi", "postel"))
                .isEqualTo(new Destination.Lmtp(InetSocketAddress.createUnresolved("::1", 24), "jon@isi"));
        assertThat(Destination.of("lmtp:/run/lmtp", "jon@isi"))
                .isEqualTo(new Destination.Lmtp(UnixDomainSocketAddress.of("/run/lmtp"), "jon@isi"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "mbox:",
                "maildir:",
                "lmtp:",
                "lmtp:host",
                "lmtp::24",
                "lmtp:host:0",
                "lmtp:host:99999",
                "lmtp:host:24/",
                "lmtp:host:24/a b",
                "lmtp:host:24/a>b",
                "imap:x",
                ":x"
            })
    void allElseIsRefused(String text) {
        assertThatThrownBy(() -> Destination.of(text, "postel")).isInstanceOf(IllegalArgumentException.class);
    }
}
