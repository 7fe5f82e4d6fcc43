package org.pop2.storage.tck;

import java.util.ArrayList;
import java.util.List;

/** Names that try to get out. */
final class Names {
    /** Never a folder name. */
    static final List<String> FORBIDDEN = List.of(
            "",
            " ",
            ".",
            "..",
            "/",
            "//",
            "../bob/INBOX",
            "../../etc/passwd",
            "..\\bob",
            "a/../../bob",
            "a/..",
            "a/./b",
            "a//b",
            "a/",
            "/etc/passwd",
            "/var/mail/bob",
            "\\\\server\\share",
            "C:\\mail",
            "C:/mail",
            "~bob",
            "~/mail",
            "~",
            "bob\0",
            "\0",
            "INBOX\0.txt",
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u007fb",
            "a\u0085b",
            "a\u2028b",
            "%",
            "%2e%2e%2fbob",
            "..%2fbob",
            "%00",
            "%s%n",
            "*",
            "a*",
            "a?",
            "{user}",
            "${user.home}",
            "$HOME",
            "`id`",
            "$(id)",
            "|id",
            "a;b",
            "a<b",
            "a>b",
            "'",
            "' OR '1'='1",
            "a'; DROP TABLE message; --",
            "\"",
            "a\"b",
            "-rf",
            "--help",
            ".hidden",
            ".ssh/authorized_keys",
            "a/.hidden",
            "name.",
            "name ",
            " name",
            "a /b",
            "INBOX.lock",
            "inbox.LOCK",
            "INBOX.journal",
            "a.lock/b",
            "#mh/inbox",
            "#shared/bob",
            "\ufeffINBOX",
            "\u202ekcart",
            "e\u0301",
            "\ud800",
            "\u2025/bob",
            "\uff0e\uff0e/bob",
            "\uff0fetc",
            "a\u2215b",
            "x".repeat(101),
            "x".repeat(512),
            "a/".repeat(127) + "abc",
            ("x".repeat(100) + "/").repeat(3) + "x",
            "\u00e4".repeat(51));

    /** Allowed or not: none of them may show what is not the user's own. No name is a folder above another one. */
    static final List<String> NASTY = nasty();

    /** Users that a careless storage takes for one another. */
    static final List<String> SIMILAR_USERS = List.of(
            "bo",
            "bobb",
            "bobby",
            "bob@example.org",
            "bob+saved",
            "bob-saved",
            "bob_saved",
            "bob.saved",
            "bob=saved",
            "bob~1",
            "b_b",
            "b\u00f6b",
            "0",
            "inbox",
            "saved",
            "con",
            "accounts",
            "_");

    private Names() {}

    private static List<String> nasty() {
        List<String> names = new ArrayList<>(FORBIDDEN);
        names.addAll(List.of(
                "bob",
                "BOB/INBOX",
                "alice",
                "bob@example.org",
                "bob+Saved",
                "bob.Saved",
                "bob!Saved",
                "bob,Saved",
                "a..b",
                "a...b/c..d",
                "a.b.c",
                "INBOX.Saved",
                "Inbox2",
                "etc/passwd",
                "var/mail/bob",
                "home/bob/mail/Saved",
                "users/bob",
                "mail@home/x",
                "a b  c",
                "a#b",
                "a&AOQ-b",
                "R&D (old)!",
                "a=b",
                "CON",
                "NUL.txt",
                "lock",
                "journal",
                "x.lock2",
                "_x",
                "1",
                "\u00e4\u00f6\u00fc",
                "\u65e5\u672c\u8a9e/\u30e1\u30fc\u30eb",
                "\ud835\udcd0",
                "y".repeat(100),
                "z".repeat(100) + "/" + "z".repeat(100) + "/" + "z".repeat(53)));
        return List.copyOf(names);
    }

    /** Printable ASCII only. */
    static String printable(String text) {
        StringBuilder printable = new StringBuilder();
        text.chars().forEach(c -> {
            if (c >= ' ' && c < 0x7f && c != '\\') {
                printable.append((char) c);
            } else {
                printable.append("\\u%04x".formatted(c));
            }
        });
        return printable.toString();
    }
}
