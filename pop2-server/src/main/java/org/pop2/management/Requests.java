package org.pop2.management;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Checks of every request. */
final class Requests {
    private static final Pattern BEARER = Pattern.compile("(?i)bearer +(\\S+) *");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

    /** The refusal of a request, if it is refused. */
    static Optional<Answer> objection(HttpHeaders headers, InetSocketAddress address) {
        if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
                || !headers.get(HttpHeaderNames.CONTENT_LENGTH, "0").strip().equals("0")) {
            return Optional.of(Answer.problem(413, "no request here has a body"));
        }
        if (headers.getAll(HttpHeaderNames.HOST).size() != 1) {
            return Optional.of(Answer.problem(400, "a request names its host, once"));
        }
        boolean local = address.getAddress() != null && address.getAddress().isLoopbackAddress();
        if (local && !isThisMachine(headers.get(HttpHeaderNames.HOST))) {
            // a page that made its own name lead here would send that name
            return Optional.of(Answer.problem(421, "ask for localhost or an IP address"));
        }
        return Optional.empty();
    }

    static boolean isThisMachine(String host) {
        String name = PORT.matcher(host.strip()).replaceFirst("").toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            return NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1));
        }
        return name.equals("localhost") || NetUtil.isValidIpV4Address(name);
    }

    /** The token in the header {@code Authorization: Bearer}. */
    static Optional<String> token(HttpHeaders headers) {
        return Optional.ofNullable(headers.get(HttpHeaderNames.AUTHORIZATION))
                .map(BEARER::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher -> matcher.group(1));
    }

    private Requests() {}
}
