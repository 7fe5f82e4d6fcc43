package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

class DeliveryKeyTest {
    private static final Target TARGET = new Target(new UserName("postel"), FolderName.INBOX);
    private static final String RECEIVED = "Received: from a by b (Postfix)\r\n\tid 4Xyz; Mon, 1 Jan\r\n";

    @Test
    void aRepetitionHasTheSameKeyHoweverItIsSliced() {
        String message = RECEIVED + "Subject: a\r\n\r\nbody\r\n";
        Optional<String> key = key(message, 1 << 16);
        assertThat(key).isPresent();
        for (int slice = 1; slice < 20; slice++) {
            assertThat(key(message, slice)).isEqualTo(key);
        }
    }

    /** Exchange writes its version behind "id": the same for all messages of a second. */
    @Test
    void messagesThatDifferInTheirHeadersOnlyAreTwo() {
        assertThat(key(RECEIVED + "Subject: a\r\n\r\nsame\r\n", 100))
                .isNotEqualTo(key(RECEIVED + "Subject: b\r\n\r\nsame\r\n", 100));
        assertThat(key(RECEIVED + "Message-ID: <1@x>\r\n\r\n", 100))
                .isNotEqualTo(key(RECEIVED + "Message-ID: <2@x>\r\n\r\n", 100));
    }

    @Test
    void messagesWithEqualHeadersAndDifferentBodiesAreTwo() {
        assertThat(key(RECEIVED + "\r\na", 100)).isNotEqualTo(key(RECEIVED + "\r\nb", 100));
    }

    @Test
    void whatAnMtaPutsAboveItsFieldAtEachTryDoesNotCount() {
        String message = RECEIVED + "Subject: a\r\n\r\nbody\r\n";
        assertThat(key("Return-Path: <x@y>\r\nDelivery-date: Mon, 1 Jan 10:00\r\n\tfolded\r\n" + message, 100))
                .isEqualTo(key(message, 100))
                .isEqualTo(key("Envelope-to: a,\r\n b\r\nDelivery-date: Mon, 1 Jan 10:05\r\n" + message, 7));
    }

    @Test
    void anotherQueueIdOrAnotherMailboxIsAnotherDelivery() {
        String message = RECEIVED + "\r\nbody\r\n";
        assertThat(key(message, 100)).isNotEqualTo(key(message.replace("4Xyz", "4Xyy"), 100));
        DeliveryKey other = new DeliveryKey();
        byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
        other.update(octets, 0, octets.length);
        assertThat(other.of(new Target(new UserName("jon"), FolderName.INBOX), ""))
                .isPresent()
                .isNotEqualTo(key(message, 100));
    }

    @Test
    void equalMessagesThatTheClientTellsApartAreTwo() {
        DeliveryKey key = new DeliveryKey();
        byte[] octets = (RECEIVED + "\r\nbody\r\n").getBytes(StandardCharsets.ISO_8859_1);
        key.update(octets, 0, octets.length);
        assertThat(key.of(TARGET, "1")).isPresent().isEqualTo(key.of(TARGET, "1"));
        assertThat(key.of(TARGET, "1")).isNotEqualTo(key.of(TARGET, "2")).isNotEqualTo(key.of(TARGET, ""));
    }

    @Test
    void withoutAQueueIdThereIsNoKey() {
        for (String message : new String[] {
            "",
            "\r\n",
            "Received:",
            "Received",
            "Subject: a\r\n\r\n" + RECEIVED,
            // fetchmail's own
            "Received: from pop by here with POP3 (fetchmail-6.4.37)\r\n\tfor <a@b>; Mon\r\nX: y id 5\r\n\r\nb\r\n",
            "X-Received: by b id 5\r\n\r\n",
            " Received: by b id 5\r\n\r\n",
            "Received: by b; Mon\r\nReceived: by a id 5; Mon\r\n\r\n"
        }) {
            assertThat(key(message, 3)).as(message).isEmpty();
        }
    }

    @Test
    void aHeaderWithoutAnEndIsBounded() {
        assertThat(key("Received: " + "x".repeat(100_000) + " id 5", 4096)).isEmpty();
        assertThat(key("received: by x id 5" + " y".repeat(100_000), 4096)).isPresent();
    }

    private static Optional<String> key(String message, int slice) {
        byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
        DeliveryKey key = new DeliveryKey();
        for (int at = 0; at < octets.length; at += slice) {
            key.update(octets, at, Math.min(slice, octets.length - at));
        }
        return key.of(TARGET, "");
    }
}
