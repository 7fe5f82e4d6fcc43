package org.pop2.lmtp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Parses lines to {@link LmtpCommand}s. Total: whatever a client sends is a command or a refusal, never an exception.
 *
 * <p>Also accepts a space after {@code FROM:} and {@code TO:}, and a path without brackets, as many servers do.
 */
final class CommandParser {
    static final LmtpReply TOO_LONG = LmtpReply.of(500, "5.5.2 line too long");

    private static final LmtpReply UNKNOWN = LmtpReply.of(500, "5.5.1 command not recognised");
    private static final LmtpReply NOT_SMTP = LmtpReply.of(500, "5.5.1 this is LMTP: say LHLO");
    private static final LmtpReply SYNTAX = LmtpReply.of(501, "5.5.4 syntax error in parameters");
    private static final LmtpReply BAD_SENDER = LmtpReply.of(501, "5.1.7 not an address");
    private static final LmtpReply BAD_RECIPIENT = LmtpReply.of(501, "5.1.3 not an address");
    private static final LmtpReply BAD_PARAMETER = LmtpReply.of(555, "5.5.4 parameter not recognised");

    private static final String DELIVERY_ID = "XDELIVERYID=";

    private CommandParser() {}

    /**
     * Parses a line.
     *
     * @param line without its line end, one character for one octet
     */
    static LmtpCommand parse(String line) {
        String text = line.stripTrailing();
        int space = text.indexOf(' ');
        String verb = (space < 0 ? text : text.substring(0, space)).toUpperCase(Locale.ROOT);
        String rest = space < 0 ? "" : text.substring(space + 1).strip();
        return switch (verb) {
            case "LHLO" -> rest.isEmpty() ? new LmtpCommand.Refused(SYNTAX) : new LmtpCommand.Plain(LmtpInput.LHLO);
            case "MAIL" -> mail(rest);
            case "RCPT" -> rcpt(rest);
            case "DATA" -> bare(LmtpInput.DATA, rest);
            case "RSET" -> bare(LmtpInput.RSET, rest);
            case "NOOP" -> new LmtpCommand.Plain(LmtpInput.NOOP);
            case "VRFY" -> rest.isEmpty() ? new LmtpCommand.Refused(SYNTAX) : new LmtpCommand.Plain(LmtpInput.VRFY);
            case "QUIT" -> bare(LmtpInput.QUIT, rest);
            // "a LMTP server MUST NOT return a Positive Completion reply code to these commands" (RFC 2033 p. 3)
            case "HELO", "EHLO" -> new LmtpCommand.Refused(NOT_SMTP);
            default -> new LmtpCommand.Refused(UNKNOWN);
        };
    }

    private static LmtpCommand bare(LmtpInput verb, String rest) {
        return rest.isEmpty() ? new LmtpCommand.Plain(verb) : new LmtpCommand.Refused(SYNTAX);
    }

    private static LmtpCommand mail(String rest) {
        Optional<Path> path = path(rest, "FROM:");
        if (path.isEmpty()) {
            return new LmtpCommand.Refused(SYNTAX);
        }
        String sender = path.get().text();
        if (!sender.equals("<>") && Address.parse(sender).isEmpty()) {
            return new LmtpCommand.Refused(BAD_SENDER);
        }
        long size = 0;
        String deliveryId = "";
        for (String parameter : path.get().parameters()) {
            String upper = parameter.toUpperCase(Locale.ROOT);
            if (upper.startsWith("SIZE=")) {
                String digits = upper.substring("SIZE=".length());
                // RFC 1870: up to 20 digits; more than a long holds is too large in any case
                if (digits.isEmpty() || digits.length() > 20 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    return new LmtpCommand.Refused(SYNTAX);
                }
                size = digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
            } else if (upper.startsWith("BODY=")) {
                if (!upper.equals("BODY=8BITMIME") && !upper.equals("BODY=7BIT")) {
                    return new LmtpCommand.Refused(SYNTAX);
                }
            } else if (upper.startsWith(DELIVERY_ID)) {
                deliveryId = parameter.substring(DELIVERY_ID.length());
                if (!deliveryId.matches("[A-Za-z0-9]{1,64}")) {
                    return new LmtpCommand.Refused(SYNTAX);
                }
            } else {
                return new LmtpCommand.Refused(BAD_PARAMETER);
            }
        }
        return new LmtpCommand.Mail(unbracketed(sender), size, deliveryId);
    }

    private static LmtpCommand rcpt(String rest) {
        Optional<Path> path = path(rest, "TO:");
        if (path.isEmpty()) {
            return new LmtpCommand.Refused(SYNTAX);
        }
        Optional<Address> address = Address.parse(path.get().text());
        if (address.isEmpty()) {
            return new LmtpCommand.Refused(BAD_RECIPIENT);
        }
        return path.get().parameters().isEmpty()
                ? new LmtpCommand.Rcpt(address.get())
                : new LmtpCommand.Refused(BAD_PARAMETER);
    }

    private static String unbracketed(String path) {
        return path.startsWith("<") ? path.substring(1, path.length() - 1) : path;
    }

    /** A path and the parameters that follow it. */
    private record Path(String text, List<String> parameters) {}

    private static Optional<Path> path(String rest, String keyword) {
        if (!rest.regionMatches(true, 0, keyword, 0, keyword.length())) {
            return Optional.empty();
        }
        String text = rest.substring(keyword.length()).strip();
        int end = endOfPath(text);
        if (end <= 0) {
            return Optional.empty();
        }
        String after = text.substring(end);
        if (!after.isEmpty() && after.charAt(0) != ' ') {
            return Optional.empty();
        }
        List<String> parameters =
                after.isBlank() ? List.of() : Arrays.asList(after.strip().split(" +"));
        return Optional.of(new Path(text.substring(0, end), parameters));
    }

    /** The end of a path: after its closing bracket, or before a space, unless quoted. */
    private static int endOfPath(String text) {
        boolean bracketed = text.startsWith("<");
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && bracketed && c == '>') {
                return i + 1;
            } else if (!quoted && !bracketed && c == ' ') {
                return i;
            }
        }
        return bracketed || quoted ? -1 : text.length();
    }
}
