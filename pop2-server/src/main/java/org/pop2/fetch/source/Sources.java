package org.pop2.fetch.source;

import java.io.IOException;

/** Opens sources. */
public final class Sources {
    private Sources() {}

    /**
     * Connects, logs in and opens the folder. Blocks.
     *
     * @throws SourceException if any of that fails
     */
    public static Source open(SourceSettings settings) throws IOException {
        return settings.address().scheme().isImap() ? ImapSource.open(settings) : Pop3Source.open(settings);
    }
}
