package org.pop2.management;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pop2.lmtp.LmtpServer;
import org.pop2.protocol.State;
import org.pop2.server.ListenerView;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver.Login;
import org.pop2.server.SessionView;
import org.pop2.storage.StoreMetrics;

/**
 * The page for people. It needs only its style and script, and shows everything without the script. The script
 * refreshes the page and, given the token, shows users and transcripts and ends sessions.
 */
final class StatusPage {
    private final ManagementSettings settings;
    private final Pop2Server server;
    private final Optional<LmtpServer> lmtp;
    private final Metrics metrics;
    private final Samples samples;
    private final MailboxSizes sizes;
    private final List<PageTable> tables;

    StatusPage(
            ManagementSettings settings,
            Pop2Server server,
            Optional<LmtpServer> lmtp,
            Metrics metrics,
            Samples samples,
            MailboxSizes sizes,
            List<PageTable> tables) {
        this.settings = settings;
        this.server = server;
        this.lmtp = lmtp;
        this.metrics = metrics;
        this.samples = samples;
        this.sizes = sizes;
        this.tables = tables;
    }

    /**
     * The page.
     *
     * @param checks the checks and their results
     * @param sessions for viewers who may see users; others see numbers only
     */
    String of(Map<String, Boolean> checks, Optional<List<SessionView>> sessions) {
        StringBuilder out = new StringBuilder(16_384);
        out.append("""
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>pop2d</title>
                <link rel="icon" href="status.svg" type="image/svg+xml">
                <link rel="stylesheet" href="status.css">
                <script src="status.js" defer></script>
                <noscript><meta http-equiv="refresh" content="30"></noscript>
                </head>
                <body>
                <header>
                <h1>pop2d <small>\
                """);
        out.append(Html.escape(settings.version()))
                .append("</small></h1>\n")
                .append(settings.token().isEmpty() ? """
                <p>Users are shown to nobody: no management.token-file is set.</p>
                """ : """
                <form id="access" hidden>
                <label for="token">Management token</label>
                <input id="token" type="password" autocomplete="off" spellcheck="false" required>
                <button>Show users</button>
                </form>
                <button id="hide" type="button" hidden>Hide users</button>
                <p id="scriptless">With a script, this page shows users to those who have the management token; so does \
                <code>pop2d who</code>.</p>
                """)
                .append("""
                </header>
                <p id="said" role="status"></p>
                <main>
                <div id="shown">
                """);
        health(checks, out);
        numbers(out);
        Charts.of(samples.all(), out);
        sessions.ifPresent(shown -> {
            Lists.sessions(shown, server.connections(), out);
            out.append("<div class=\"pair\">\n");
            Lists.logins(metrics.recentLogins().latest(), out);
            Lists.refusals(metrics.recentRefusals().latest(), out);
            out.append("</div>\n");
            for (int i = 0; i < tables.size(); i++) {
                Lists.table("table" + i, tables.get(i), out);
            }
            Lists.mailboxes(sizes.latest(), Instant.now(), out);
        });
        return out.append("""
                </div>
                </main>
                <dialog id="confirm" aria-labelledby="question">
                <h2 id="question"></h2>
                <p>The client gets an error line. What it marked since the last FOLD is kept, unless the configuration \
                says otherwise.</p>
                <p><button id="yes" type="button">Kick</button> <button id="no" type="button">Leave it</button></p>
                </dialog>
                <dialog id="transcript" aria-labelledby="whose">
                <h2 id="whose"></h2>
                <p id="progress" role="status"></p>
                <ol id="lines" tabindex="0" aria-label="Lines"></ol>
                <p><button id="close" type="button">Close</button></p>
                </dialog>
                </body>
                </html>
                """).toString();
    }

    private void health(Map<String, Boolean> checks, StringBuilder out) {
        out.append("<section aria-labelledby=\"health\"><h2 id=\"health\">Health</h2>\n<ul class=\"checks\">\n");
        checks.forEach((name, good) -> out.append("<li class=\"")
                .append(good ? "good" : "bad")
                .append("\">")
                .append(Html.escape(name))
                .append(good ? ": good" : ": bad")
                .append("</li>\n"));
        out.append("</ul>\n");
        Table table = Table.begin(out, Table.Kind.CARDS, "Listeners", "Listener", "Address", "Speaks", "Connections");
        for (ListenerView listener : server.listeners()) {
            table.row()
                    .cell(listener.name())
                    .cell(shown(listener.address()))
                    .cell(listener.encrypted() ? "POP2 over TLS" : "POP2")
                    .cell(PageText.number(listener.connections()) + " of " + PageText.number(listener.maxConnections()))
                    .endRow();
        }
        lmtp.ifPresent(it -> table.row()
                .cell("lmtp")
                .cell(it.address() instanceof InetSocketAddress inet ? shown(inet) : String.valueOf(it.address()))
                .cell("LMTP")
                .cell(PageText.number(it.connections()))
                .endRow());
        table.end();
        out.append("</section>\n");
    }

    private static String shown(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    private void numbers(StringBuilder out) {
        out.append("<div class=\"pair numbers\">\n<section aria-labelledby=\"now\"><h2 id=\"now\">Now</h2>\n<dl>\n");
        number(out, "Connections", PageText.number(server.connections()));
        number(out, "Not logged in", PageText.number(metrics.sessions(State.AUTH)));
        number(
                out,
                "In a mailbox",
                PageText.number(
                        metrics.sessions(State.MBOX) + metrics.sessions(State.ITEM) + metrics.sessions(State.NEXT)));
        out.append("</dl></section>\n<section aria-labelledby=\"since\"><h2 id=\"since\">Since the start</h2>\n<dl>\n");
        number(out, "Logins", PageText.number(metrics.logins(Login.ACCEPTED)));
        number(out, "Refused logins", PageText.number(metrics.logins(Login.REFUSED)));
        number(out, "Turned away", PageText.number(metrics.refusedConnections()));
        number(out, "Messages sent", PageText.number(metrics.messagesSent()));
        number(out, "Sent", PageText.octets(metrics.octetsSent()));
        out.append("</dl></section>\n</div>\n");
        parts(out);
    }

    /** What came in by LMTP, and the numbers of the storage and of other parts of the program. */
    private void parts(StringBuilder out) {
        Map<String, List<StoreMetrics.Measure>> parts = metrics.parts();
        if (lmtp.isEmpty() && parts.isEmpty()) {
            return;
        }
        out.append("<div class=\"pair parts\">\n");
        lmtp.ifPresent(it -> {
            out.append("<section aria-labelledby=\"lmtp\"><h2 id=\"lmtp\">Mail by LMTP since the start</h2>\n<dl>\n");
            number(out, "Messages", PageText.number(metrics.lmtpMessages()));
            number(out, "Delivered", PageText.number(metrics.lmtpDelivered()));
            number(out, "Not delivered", PageText.number(metrics.lmtpFailed()));
            number(out, "In memory now", PageText.octets(it.spooledInMemory()));
            out.append("</dl></section>\n");
        });
        parts.forEach((part, measures) -> {
            String title = Html.escape(part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1));
            out.append("<section aria-label=\"")
                    .append(title)
                    .append("\"><h2>")
                    .append(title)
                    .append("</h2>\n<dl>\n");
            measures.forEach(measure -> number(
                    out, measure.description(), PageText.number(measure.value().getAsLong())));
            out.append("</dl></section>\n");
        });
        out.append("</div>\n");
    }

    private static void number(StringBuilder out, String name, String value) {
        out.append("<div><dt>")
                .append(Html.escape(name))
                .append("</dt><dd>")
                .append(Html.escape(value))
                .append("</dd></div>\n");
    }
}
