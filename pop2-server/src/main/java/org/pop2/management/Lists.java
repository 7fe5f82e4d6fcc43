package org.pop2.management;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pop2.server.SessionView;
import org.pop2.storage.Quota;
import org.pop2.storage.Usage;

/** The tables of the page that name users and clients. */
final class Lists {

    /** @param connections current number of connections, which may exceed the list */
    static void sessions(List<SessionView> sessions, int connections, StringBuilder out) {
        begin("sessions", "Sessions", out);
        if (sessions.isEmpty()) {
            out.append("<p>Nobody is here.</p></section>\n");
            return;
        }
        if (connections > sessions.size() && sessions.size() == Routes.MAX_SESSIONS) {
            out.append("<p>The oldest ")
                    .append(PageText.number(sessions.size()))
                    .append(" of ")
                    .append(PageText.number(connections))
                    .append(".</p>\n");
        }
        Table table = Table.begin(
                out,
                Table.Kind.CARDS,
                "Sessions",
                "User",
                "Address",
                "State",
                "Mailbox",
                "Message",
                "Sent",
                "Age",
                "Idle",
                "Session");
        for (SessionView session : sessions) {
            String user = session.user().map(name -> name.value()).orElse("-");
            String id = String.valueOf(session.id());
            table.row()
                    .name(user)
                    .cell(session.address() + (session.encrypted() ? " (TLS)" : ""))
                    .cell(Metrics.label(session.state()))
                    .name(session.folder().orElse("-"))
                    .cell(session.folder().isPresent() ? session.message() + " of " + session.messages() : "-")
                    .cell(PageText.octets(session.octets()))
                    .cell(PageText.duration(session.age()))
                    .cell(PageText.duration(session.idle()))
                    .markup("<span class=\"id\">" + id + "</span> "
                            + button("transcript", id, user, "Transcript")
                            + " "
                            + button("kick", id, user, "Kick"))
                    .endRow();
        }
        table.end();
        out.append("</section>\n");
    }

    private static String button(String action, String id, String user, String text) {
        return "<button type=\"button\" data-" + action + "=\"" + id + "\" aria-label=\"" + text + " session " + id
                + " of " + Html.escape(user) + "\">" + text + "</button>";
    }

    static void logins(List<RecentLogins.Entry> logins, StringBuilder out) {
        begin("logins", "Logins lately", out);
        if (logins.isEmpty()) {
            out.append("<p>None.</p></section>\n");
            return;
        }
        Table table = Table.begin(out, Table.Kind.BRIEF, "Logins lately", "Time (UTC)", "User", "Address");
        for (RecentLogins.Entry login : logins) {
            table.row()
                    .cell(PageText.time(login.at()))
                    .name(login.user().value())
                    .cell(login.address())
                    .endRow();
        }
        table.end();
        out.append("</section>\n");
    }

    static void refusals(List<RecentRefusals.Entry> refusals, StringBuilder out) {
        begin("refusals", "Turned away lately", out);
        if (refusals.isEmpty()) {
            out.append("<p>Nobody.</p></section>\n");
            return;
        }
        Table table = Table.begin(out, Table.Kind.BRIEF, "Turned away lately", "Last (UTC)", "Why", "From", "Times");
        for (RecentRefusals.Entry refusal : refusals) {
            table.row()
                    .cell(PageText.time(refusal.last()))
                    .cell(refusal.reason())
                    .cell(refusal.host())
                    .cell(PageText.number(refusal.count()) + "\u00d7")
                    .endRow();
        }
        table.end();
        out.append("</section>\n");
    }

    static void mailboxes(Optional<MailboxSizes.Count> counted, Instant now, StringBuilder out) {
        begin("mailboxes", "Largest mailboxes", out);
        if (counted.isEmpty()) {
            out.append("<p>They are being counted.</p></section>\n");
            return;
        }
        MailboxSizes.Count count = counted.get();
        String users = PageText.number(count.users()) + (count.users() == 1 ? " user has " : " users have ");
        out.append("<p>")
                .append(count.complete() ? "" : "Of many users, ")
                .append(users)
                .append(PageText.number(count.messages()))
                .append(count.messages() == 1 ? " message, " : " messages, ")
                .append(PageText.octets(count.octets()))
                .append(".");
        if (count.failed() > 0) {
            out.append(" The mail of ").append(PageText.number(count.failed())).append(" could not be counted.");
        }
        Duration age = Duration.between(count.at(), now);
        out.append(" Counted ")
                .append(PageText.duration(age.isNegative() ? Duration.ZERO : age))
                .append(" ago, at ")
                .append(PageText.time(count.at()))
                .append(" UTC; at most every ")
                .append(MailboxSizes.DISTANCE.toMinutes())
                .append(" min, while somebody looks.</p>\n");
        if (!count.largest().isEmpty()) {
            Table table =
                    Table.begin(out, Table.Kind.NARROW, "Largest mailboxes", "User", "Messages", "Size", "Of quota");
            for (MailboxSizes.Entry entry : count.largest()) {
                table.row()
                        .name(entry.user().value())
                        .cell(PageText.number(entry.usage().messages()))
                        .cell(PageText.octets(entry.usage().octets()))
                        .cell(share(entry.usage()))
                        .endRow();
            }
            table.end();
        }
        out.append("</section>\n");
    }

    /** The used share of a quota, by the limit that is closer. */
    static String share(Usage usage) {
        Quota quota = usage.quota();
        if (quota.isUnlimited()) {
            return "-";
        }
        double messages = quota.messages() == 0 ? 0 : (double) usage.messages() / quota.messages();
        double octets = quota.octets() == 0 ? 0 : (double) usage.octets() / quota.octets();
        return Math.round(100 * Math.max(messages, octets)) + " %";
    }

    private static void begin(String id, String title, StringBuilder out) {
        out.append("<section aria-labelledby=\"")
                .append(id)
                .append("\"><h2 id=\"")
                .append(id)
                .append("\">")
                .append(title)
                .append("</h2>\n");
    }

    private Lists() {}
}
