package org.pop2.management;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pop2.lmtp.LmtpServer;
import org.pop2.protocol.State;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver.Login;
import org.pop2.server.SessionView;

/**
 * The page for people. It stands alone but for its style and its script, and says everything without the script; that
 * one shows the users when it is given the token, ends sessions, and keeps the page fresh.
 */
final class StatusPage {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 120;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final String version;
    private final Pop2Server server;
    private final Optional<LmtpServer> lmtp;
    private final Metrics metrics;
    private final Samples samples;

    StatusPage(String version, Pop2Server server, Optional<LmtpServer> lmtp, Metrics metrics, Samples samples) {
        this.version = version;
        this.server = server;
        this.lmtp = lmtp;
        this.metrics = metrics;
        this.samples = samples;
    }

    /**
     * The page.
     *
     * @param checks what has to be, and whether it is
     * @param sessions for those who may see users; others see numbers only
     */
    String of(Map<String, Boolean> checks, Optional<List<SessionView>> sessions) {
        StringBuilder out = new StringBuilder(8192);
        out.append("""
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>pop2d</title>
                <link rel="icon" href="data:,">
                <link rel="stylesheet" href="status.css">
                <script src="status.js" defer></script>
                </head>
                <body>
                <header>
                <h1>pop2d <small>
                """);
        out.append(Html.escape(version)).append("</small></h1>\n").append("""
                <form id="access">
                <label for="token">Management token</label>
                <input id="token" type="password" autocomplete="off" spellcheck="false">
                <button>Show sessions</button>
                </form>
                <p id="said" role="status"></p>
                </header>
                <main id="shown">
                """);
        health(checks, out);
        numbers(out);
        graph(samples.all(), out);
        if (sessions.isPresent()) {
            sessions(sessions.get(), out);
            logins(metrics.recent().latest(), out);
        } else {
            out.append("<p>Who is logged in is shown to those who have the management token.</p>\n");
        }
        return out.append("</main>\n</body>\n</html>\n").toString();
    }

    private void health(Map<String, Boolean> checks, StringBuilder out) {
        out.append("<section><h2>Health</h2>\n<ul class=\"checks\">\n");
        checks.forEach((name, good) -> out.append("<li class=\"")
                .append(good ? "good" : "bad")
                .append("\">")
                .append(Html.escape(name))
                .append(good ? ": good" : ": bad")
                .append("</li>\n"));
        out.append("</ul>\n<ul class=\"listeners\">\n");
        for (var address : server.addresses()) {
            out.append("<li>POP2 on ")
                    .append(Html.escape(shown(address.toString())))
                    .append("</li>\n");
        }
        lmtp.ifPresent(it -> out.append("<li>LMTP on ")
                .append(Html.escape(shown(it.address().toString())))
                .append("</li>\n"));
        out.append("</ul></section>\n");
    }

    private static String shown(String address) {
        return address.startsWith("/") && address.indexOf(':') > 0 ? address.substring(1) : address;
    }

    private void numbers(StringBuilder out) {
        out.append("<section><h2>Now</h2>\n<dl>\n");
        number(out, "Connections", server.connections());
        number(out, "Not logged in", metrics.sessions(State.AUTH));
        number(
                out,
                "In a mailbox",
                metrics.sessions(State.MBOX) + metrics.sessions(State.ITEM) + metrics.sessions(State.NEXT));
        out.append("</dl>\n<h2>Since the start</h2>\n<dl>\n");
        number(out, "Logins", metrics.logins(Login.ACCEPTED));
        number(out, "Refused logins", metrics.logins(Login.REFUSED));
        number(out, "Messages sent", metrics.messagesSent());
        number(out, "Octets sent", metrics.octetsSent());
        out.append("</dl></section>\n");
    }

    private static void number(StringBuilder out, String name, long value) {
        out.append("<div><dt>")
                .append(Html.escape(name))
                .append("</dt><dd>")
                .append(String.format(Locale.ROOT, "%,d", value))
                .append("</dd></div>\n");
    }

    /** Octets a second, a bar for each sample, the latest at the right. */
    static void graph(List<Samples.Sample> samples, StringBuilder out) {
        double seconds = Samples.DISTANCE.toSeconds();
        long most = samples.stream().mapToLong(Samples.Sample::octets).max().orElse(0);
        long mostSessions =
                samples.stream().mapToLong(Samples.Sample::sessions).max().orElse(0);
        String text = String.format(
                Locale.ROOT,
                "Octets sent in the last %d min, at most %,d a second; at most %,d connections",
                Math.max(1, samples.size() * Samples.DISTANCE.toSeconds() / 60),
                Math.round(most / seconds),
                mostSessions);
        out.append("<section><h2>The last hour</h2>\n<figure>\n<svg viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(HEIGHT)
                .append("\" role=\"img\" preserveAspectRatio=\"none\" aria-label=\"")
                .append(Html.escape(text))
                .append("\">\n<path class=\"octets\" d=\"");
        double step = (double) WIDTH / Samples.MOST;
        double x = WIDTH - samples.size() * step;
        for (Samples.Sample sample : samples) {
            double height = most == 0 ? 0 : (double) sample.octets() / most * (HEIGHT - 2);
            out.append(
                    String.format(Locale.ROOT, "M%.1f %dV%.1fH%.1fV%dZ", x, HEIGHT, HEIGHT - height, x + step, HEIGHT));
            x += step;
        }
        out.append("\"/>\n</svg>\n<figcaption>")
                .append(Html.escape(text))
                .append("</figcaption>\n</figure></section>\n");
    }

    static void sessions(List<SessionView> sessions, StringBuilder out) {
        out.append("<section><h2>Sessions</h2>\n");
        if (sessions.isEmpty()) {
            out.append("<p>None.</p></section>\n");
            return;
        }
        out.append("""
                <div class="wide" tabindex="0" role="region" aria-label="Sessions">
                <table>
                <thead><tr><th>User</th><th>Address</th><th>State</th><th>Mailbox</th><th>Message</th><th>Octets</th>\
                <th>Age</th><th>Idle</th><th>Session</th></tr></thead>
                <tbody>
                """);
        for (SessionView session : sessions) {
            String user = session.user().map(name -> name.value()).orElse("-");
            out.append("<tr>");
            cell(out, user);
            cell(out, session.address() + (session.encrypted() ? " (TLS)" : ""));
            cell(out, Metrics.label(session.state()));
            cell(out, session.folder().orElse("-"));
            cell(out, session.folder().isPresent() ? session.message() + " of " + session.messages() : "-");
            cell(out, String.format(Locale.ROOT, "%,d", session.octets()));
            cell(out, shown(session.age()));
            cell(out, shown(session.idle()));
            out.append("<td><button type=\"button\" data-session=\"")
                    .append(session.id())
                    .append("\" aria-label=\"Close session ")
                    .append(session.id())
                    .append(" of ")
                    .append(Html.escape(user))
                    .append("\">Close ")
                    .append(session.id())
                    .append("</button></td></tr>\n");
        }
        out.append("</tbody>\n</table>\n</div></section>\n");
    }

    static void logins(List<RecentLogins.Entry> logins, StringBuilder out) {
        out.append("<section><h2>Last logins</h2>\n");
        if (logins.isEmpty()) {
            out.append("<p>None.</p></section>\n");
            return;
        }
        out.append("""
                <div class="wide" tabindex="0" role="region" aria-label="Last logins">
                <table>
                <thead><tr><th>Time (UTC)</th><th>Result</th><th>User</th><th>Address</th></tr></thead>
                <tbody>
                """);
        for (RecentLogins.Entry login : logins) {
            out.append("<tr>");
            cell(out, shown(login.at()));
            cell(out, Metrics.label(login.result()));
            cell(out, login.user().map(name -> name.value()).orElse("-"));
            cell(out, login.address());
            out.append("</tr>\n");
        }
        out.append("</tbody>\n</table>\n</div></section>\n");
    }

    private static void cell(StringBuilder out, String text) {
        out.append("<td>").append(Html.escape(text)).append("</td>");
    }

    private static String shown(Instant at) {
        return TIME.format(at.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
    }

    private static String shown(Duration time) {
        long seconds = time.toSeconds();
        return seconds < 120 ? seconds + " s" : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }
}
