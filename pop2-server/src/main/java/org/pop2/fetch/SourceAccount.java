package org.pop2.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.fetch.source.Sources;

/** An account of IMAP or POP3, whose messages have names. */
record SourceAccount(SourceSettings settings, Collector collector) implements AccountCollector {
    @Override
    public void recall() throws IOException {
        collector.recall();
    }

    @Override
    public Session connect() throws IOException {
        return new Open(collector, Sources.open(settings));
    }

    private record Open(Collector collector, Source source) implements Session {
        @Override
        public FetchResult run() throws IOException {
            return collector.run(source);
        }

        @Override
        public FetchPreview preview() throws IOException {
            return collector.preview(source);
        }

        @Override
        public boolean canAwait() throws IOException {
            return source.canAwait();
        }

        @Override
        public CompletableFuture<Boolean> await(Duration most, Executor threads) throws IOException {
            return source.await(most, threads);
        }

        @Override
        public void finish() throws IOException {
            source.finish();
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
