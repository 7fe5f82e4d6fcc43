package org.pop2.management;

import reactor.netty.http.logging.HttpMessageArgProvider;
import reactor.netty.http.logging.HttpMessageLogFactory;

/** Makes Reactor Netty log of an unreadable request only its kind, and no octet of it. */
final class NothingOfTheirs implements HttpMessageLogFactory {
    @Override
    public String trace(HttpMessageArgProvider message) {
        return text(message);
    }

    @Override
    public String debug(HttpMessageArgProvider message) {
        return text(message);
    }

    @Override
    public String info(HttpMessageArgProvider message) {
        return text(message);
    }

    @Override
    public String warn(HttpMessageArgProvider message) {
        return text(message);
    }

    @Override
    public String error(HttpMessageArgProvider message) {
        return text(message);
    }

    private static String text(HttpMessageArgProvider message) {
        Throwable cause =
                message.decoderResult() == null ? null : message.decoderResult().cause();
        return message.httpMessageType()
                + (cause == null ? "" : " " + cause.getClass().getSimpleName());
    }
}
