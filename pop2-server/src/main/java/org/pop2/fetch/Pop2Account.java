package org.pop2.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.pop2.client.Pop2ClientException;
import org.pop2.client.Pop2Session;
import org.pop2.fetch.source.Pop2Access;
import org.pop2.fetch.source.SourceSettings;

/** An account on a POP2 server, which gives messages no names. */
record Pop2Account(SourceSettings settings, Fetcher fetcher) implements AccountCollector {
    @Override
    public void recall() throws IOException {
        fetcher.recall();
    }

    @Override
    public Session connect() throws IOException {
        Pop2Access access = new Pop2Access(settings);
        String folder = settings.address().folder();
        return new Open(fetcher, access, access.connect(), folder.isEmpty() ? Optional.empty() : Optional.of(folder));
    }

    private record Open(Fetcher fetcher, Pop2Access access, Pop2Session session, Optional<String> folder)
            implements Session {
        @Override
        public FetchResult run() throws IOException {
            try {
                return fetcher.run(session, folder);
            } catch (Pop2ClientException e) {
                throw access.failed(e);
            }
        }

        @Override
        public FetchPreview preview() throws IOException {
            try {
                return fetcher.preview(session, folder);
            } catch (Pop2ClientException e) {
                throw access.failed(e);
            }
        }

        @Override
        public boolean canAwait() {
            return false;
        }

        @Override
        public CompletableFuture<Boolean> await(Duration most, Executor threads) {
            throw new UnsupportedOperationException("POP2 tells nobody of new mail");
        }

        @Override
        public void finish() {
            // a run has ended with QUIT: deletions count only then
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
