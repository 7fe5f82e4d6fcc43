package org.pop2.storage.fs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.ReferenceReader;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.IoFile;

/** What tests of several classes do with a mailbox. */
public final class TestMailboxes {
    private TestMailboxes() {}

    /** A message as it goes over the wire, through buffers of some size. */
    public static String wire(IoFile file, MboxIndex index, int row, Quoting quoting, int step) throws IOException {
        WireEncoder encoder = new WireEncoder(file, index, row, quoting);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        WireEncoder.Blocks blocks = new WireEncoder.Blocks(Math.max(64, step));
        while (!encoder.finished()) {
            ByteBuffer out = ByteBuffer.allocate(Math.max(2, step));
            encoder.encode(blocks, out);
            if (out.position() == 0) {
                throw new AssertionError("the encoder stands still in row " + row);
            }
            all.write(out.array(), 0, out.position());
        }
        if (all.size() != index.octets(row)) {
            throw new AssertionError("row " + row + ": announced " + index.octets(row) + " octets, sent " + all.size());
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    public static String wire(IoFile file, MboxIndex index, int row, Quoting quoting) throws IOException {
        return wire(file, index, row, quoting, 8192);
    }

    /** What a client should see of the octets of a mailbox, in strict reading of mboxrd. */
    static List<String> reference(byte[] mailbox) {
        Optional<List<ReferenceReader.Message>> read = ReferenceReader.read(mailbox, Quoting.MBOXRD, false);
        return read.orElseThrow(() -> new AssertionError("no mailbox")).stream()
                .map(ReferenceReader.Message::text)
                .toList();
    }
}
