package org.pop2.fetch.source;

import java.io.IOException;
import org.pop2.library.Library;

/** Opens sources. */
public final class Sources {
    private Sources() {}

    /**
     * Connects, logs in and opens the folder. Blocks.
     *
     * @throws SourceException if any of that fails
     * @throws IllegalArgumentException for POP2, which has no names for messages: {@link Pop2Access} is for that
     * @throws org.pop2.library.MissingLibraryException if Angus Mail is missing
     */
    public static Source open(SourceSettings settings) throws IOException {
        if (settings.address().scheme().isPop2()) {
            throw new IllegalArgumentException("a POP2 server is no source of named messages");
        }
        Library.ANGUS_MAIL.require("IMAP and POP3");
        return settings.address().scheme().isImap() ? ImapSource.open(settings) : Pop3Source.open(settings);
    }
}
