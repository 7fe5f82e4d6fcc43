package org.pop2.app.collect;

import java.io.IOException;
import org.pop2.fetch.FetchObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs events of single messages of an account. */
final class LoggedEvents implements FetchObserver {
    private static final Logger LOG = LoggerFactory.getLogger(LoggedEvents.class);

    private final String account;

    LoggedEvents(String account) {
        this.account = account;
    }

    @Override
    public void stored(String key, long octets) {
        LOG.atDebug()
                .addKeyValue("account", account)
                .addKeyValue("uid", key)
                .addKeyValue("octets", octets)
                .log("message-collected");
    }

    @Override
    public void refused(String key, IOException why) {
        LOG.atWarn()
                .addKeyValue("account", account)
                .addKeyValue("uid", key)
                .addKeyValue("error", why.getMessage())
                .log("message-not-collected");
    }

    @Override
    public void left(String key, String why) {
        LOG.atInfo()
                .addKeyValue("account", account)
                .addKeyValue("uid", key)
                .addKeyValue("reason", why)
                .log("message-left-at-provider");
    }

    @Override
    public void renumbered(String before, String now) {
        LOG.atWarn()
                .addKeyValue("account", account)
                .addKeyValue("before", before)
                .addKeyValue("now", now)
                .log("provider-counts-anew");
    }

    @Override
    public void vanished(String key) {
        LOG.atWarn().addKeyValue("account", account).addKeyValue("uid", key).log("message-vanished");
    }
}
