package org.pop2.app.campaign;

/** A mailbox to measure with: each message as large as wished, and none like another. */
final class MboxText {
    private MboxText() {}

    static String of(int messages, int octets) {
        StringBuilder text = new StringBuilder(messages * (octets + 100));
        for (int i = 0; i < messages; i++) {
            text.append("From a@b Mon Nov 23 12:00:00 2026\nSubject: ")
                    .append(i)
                    .append("\n\n");
            int end = text.length() + octets;
            while (text.length() < end) {
                int line = text.length();
                text.append(line * 2654435761L).append(" some words that a person might have written down\n");
            }
            text.append('\n');
        }
        return text.toString();
    }
}
