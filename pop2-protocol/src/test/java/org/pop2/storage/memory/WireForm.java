package org.pop2.storage.memory;

import java.io.ByteArrayOutputStream;

/** What goes over the wire: every line end CRLF, the last line ended. */
final class WireForm {
    private WireForm() {}

    static byte[] of(byte[] message) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream(message.length + 2);
        byte last = 0;
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
