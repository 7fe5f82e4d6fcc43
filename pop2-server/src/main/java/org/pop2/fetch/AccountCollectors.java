package org.pop2.fetch;

import java.io.IOException;
import java.time.Clock;
import java.util.function.BooleanSupplier;
import org.pop2.fetch.source.SourceSettings;

/** Makes collectors for accounts. */
public final class AccountCollectors {
    private AccountCollectors() {}

    /**
     * A collector for one account. The caller closes target and journal.
     *
     * @param leading finds lines that POP2 servers send before a message
     * @param stopped asked between two messages: whether to stop
     * @throws IllegalArgumentException if the plan is not possible with the provider's protocol
     */
    public static AccountCollector of(
            SourceSettings settings,
            Target target,
            Journal journal,
            FetchPlan plan,
            LeadingLine.Finder leading,
            FetchObserver observer,
            BooleanSupplier stopped)
            throws IOException {
        Clock clock = Clock.systemUTC();
        if (settings.address().scheme().isPop2()) {
            return new Pop2Account(settings, Fetcher.of(target, journal, plan, leading, observer, stopped, clock));
        }
        return new SourceAccount(settings, Collector.of(target, journal, plan, observer, stopped, clock));
    }
}
