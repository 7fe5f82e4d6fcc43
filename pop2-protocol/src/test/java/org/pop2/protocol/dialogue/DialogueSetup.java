package org.pop2.protocol.dialogue;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.pop2.protocol.OnDisconnect;

/**
 * What has to be there before a dialogue begins.
 *
 * @param hostName what the greeting calls the server
 * @param strict whether the grammar is taken to the letter
 * @param onDisconnect what becomes of marked messages when a session ends without QUIT
 * @param silence whether the dialogue waits until a timer of the server has run out: make them short
 * @param users the accounts
 */
public record DialogueSetup(
        String hostName, boolean strict, OnDisconnect onDisconnect, boolean silence, List<User> users) {

    /**
     * An account.
     *
     * @param password octets as Latin-1 characters
     * @param folders its folders, {@code INBOX} among them even when it is empty
     */
    public record User(String name, String password, List<Folder> folders) {}

    /**
     * A folder.
     *
     * @param messages as they are delivered, in order; see {@link #wireForm}
     */
    public record Folder(String name, List<byte[]> messages) {}

    /** What a message is on the wire: every line ends in CRLF, the last one too, so that none is empty. */
    public static byte[] wireForm(byte[] message) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream(message.length + 2);
        int last = -1;
        for (byte octet : message) {
            if (octet == '\n' && last != '\r') {
                wire.write('\r');
            }
            wire.write(octet);
            last = octet;
        }
        if (last != '\n') {
            wire.write('\r');
            wire.write('\n');
        }
        return wire.toByteArray();
    }
}
