package org.pop2.profile.ascii;

import java.util.List;
import java.util.Set;

/** Fields of a header that programs wrote for programs: thirty lines before the first word, as a rule. */
final class TraceFields {
    private static final Set<String> NAMES = Set.of(
            "received",
            "return-path",
            "delivered-to",
            "envelope-to",
            "delivery-date",
            "authentication-results",
            "received-spf",
            "dkim-signature",
            "domainkey-signature",
            "autocrypt",
            "feedback-id",
            "precedence",
            "auto-submitted",
            "user-agent",
            "thread-index",
            "thread-topic",
            "errors-to",
            "require-recipient-valid-since");

    private static final List<String> BEGINNINGS = List.of("x-", "arc-", "list-", "ironport-", "dkim-");
    private static final Set<String> FOR_PEOPLE = Set.of("list-unsubscribe", "list-post");

    /** Of a message in a message nobody looks for these either. */
    private static final Set<String> OF_THREADS =
            Set.of("message-id", "in-reply-to", "references", "mime-version", "lines", "status");

    private TraceFields() {}

    /** @param name in small letters */
    static boolean contain(String name) {
        return NAMES.contains(name) || (BEGINNINGS.stream().anyMatch(name::startsWith) && !FOR_PEOPLE.contains(name));
    }

    /** The same within a message. */
    static boolean containWithin(String name) {
        return contain(name) || OF_THREADS.contains(name);
    }
}
