package org.pop2.app.fetch;

import java.util.Optional;
import org.pop2.fetch.LeadingLine;
import org.pop2.storage.fs.format.LeadingFromLine;

/** Finds the From_ line that some POP2 servers send, of their mailbox file. */
public final class LeadingFrom implements LeadingLine.Finder {
    @Override
    public Optional<LeadingLine> find(byte[] start) {
        return LeadingFromLine.of(start, start.length)
                .map(line -> new LeadingLine(line.octets(), line.sender(), line.separator()));
    }
}
