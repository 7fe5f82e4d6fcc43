package org.pop2.protocol.dialogue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.OnDisconnect;

/** Reads the format that {@link Dialogue} describes. */
final class DialogueParser {
    private static final Pattern USER = Pattern.compile("user (\\S+) (.+)");
    private static final Pattern FOLDER = Pattern.compile("folder (.+)");
    private static final Pattern SIZED = Pattern.compile("message of ([0-9]+) octets");
    private static final Pattern MEANWHILE = Pattern.compile("meanwhile message in (.+)");
    private static final Pattern MESSAGE = Pattern.compile("<message ([0-9]+)(?: of (.+))?>");
    private static final Pattern AFTERWARDS =
            Pattern.compile("afterwards ([^:]+?)(?: of (\\S+))?:((?: [0-9]+)*| none)");
    private static final String INBOX = "INBOX";
    private static final String NO_LINE_END = "<...>";

    private final String name;
    private final Map<String, String> passwords = new LinkedHashMap<>();
    /** User, folder, messages: those of the set-up, and with them those that come meanwhile. */
    private final Map<String, Map<String, List<byte[]>>> initial = new LinkedHashMap<>();

    private final Map<String, Map<String, List<byte[]>>> all = new LinkedHashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private String title = "";
    private String hostName = "dog-house.example";
    private String user = "";
    private String folder = INBOX;
    private boolean strict;
    private boolean silence;
    private OnDisconnect onDisconnect = OnDisconnect.KEEP;
    private @Nullable ByteArrayOutputStream body;
    private @Nullable String meanwhileIn;
    private int line;

    DialogueParser(String name) {
        this.name = name;
    }

    Dialogue parse(String text) {
        for (String next : text.lines().toList()) {
            line++;
            try {
                line(next);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ".txt:" + line + ": " + e.getMessage(), e);
            }
        }
        endOfMessage();
        boolean checks = steps.stream().anyMatch(step -> step instanceof Step.Hear);
        if (title.isEmpty() || user.isEmpty() || !checks) {
            throw new IllegalArgumentException(name + ".txt: a dialogue has a title, a user, and a server that speaks");
        }
        List<DialogueSetup.User> users = new ArrayList<>();
        initial.forEach((owner, folders) -> {
            List<DialogueSetup.Folder> own = new ArrayList<>();
            folders.forEach((called, messages) -> own.add(new DialogueSetup.Folder(called, List.copyOf(messages))));
            users.add(new DialogueSetup.User(owner, passwords.getOrDefault(owner, ""), List.copyOf(own)));
        });
        DialogueSetup setup = new DialogueSetup(hostName, strict, onDisconnect, silence, List.copyOf(users));
        return new Dialogue(name, title, setup, steps);
    }

    private void line(String text) {
        if (text.startsWith("|")) {
            ByteArrayOutputStream open = body;
            require(open != null, "a line of a message without a message");
            Objects.requireNonNull(open)
                    .writeBytes(withLineEnd(text.startsWith("| ") ? text.substring(2) : text.substring(1)));
            return;
        }
        endOfMessage();
        if (text.startsWith("#")) {
            title = title.isEmpty() ? text.substring(1).strip() : title;
        } else if (text.startsWith("S: ")) {
            server(text.substring(3));
        } else if (text.startsWith("C: ")) {
            client(text.substring(3));
        } else if (text.startsWith("C:")) {
            require(text.equals("C:"), "C: is followed by a space");
            client("");
        } else if (text.startsWith("afterwards ")) {
            afterwards(text);
        } else if (text.startsWith("meanwhile ")) {
            Matcher meanwhile = match(MEANWHILE, text);
            require(all.getOrDefault(firstUser(), Map.of()).containsKey(meanwhile.group(1)), "no such folder");
            meanwhileIn = meanwhile.group(1);
            body = new ByteArrayOutputStream();
        } else if (!text.isBlank()) {
            require(steps.isEmpty(), "the set-up comes before the first words");
            setUp(text);
        }
    }

    private void setUp(String text) {
        if (text.startsWith("user ")) {
            Matcher account = match(USER, text);
            user = account.group(1);
            passwords.put(user, new String(Octets.of(account.group(2)), StandardCharsets.ISO_8859_1));
            addFolder(INBOX);
        } else if (text.startsWith("folder ")) {
            require(!user.isEmpty(), "a folder needs a user");
            addFolder(match(FOLDER, text).group(1));
        } else if (text.equals("message")) {
            require(!user.isEmpty(), "a message needs a user");
            body = new ByteArrayOutputStream();
        } else if (text.startsWith("message ")) {
            addMessage(ofSize(Integer.parseInt(match(SIZED, text).group(1))));
        } else if (text.startsWith("host ")) {
            hostName = text.substring(5);
        } else if (text.equals("strict")) {
            strict = true;
        } else if (text.equals("on-disconnect apply")) {
            onDisconnect = OnDisconnect.APPLY;
        } else {
            throw new IllegalArgumentException("not in the format: " + text);
        }
    }

    private void client(String text) {
        if (text.equals("<drops>")) {
            steps.add(new Step.Drop(line));
        } else if (text.equals("<is silent>")) {
            silence = true;
            steps.add(new Step.Silence(line));
        } else {
            steps.add(new Step.Say(line, ByteBuffer.wrap(withLineEnd(text))));
        }
    }

    private void server(String text) {
        if (text.equals("<closes>")) {
            steps.add(new Step.HearClose(line));
        } else if (text.startsWith("<message ")) {
            Matcher message = match(MESSAGE, text);
            String in = message.group(2) == null ? INBOX : message.group(2);
            steps.add(new Step.HearMessage(
                    line, ByteBuffer.wrap(message(firstUser(), in, Integer.parseInt(message.group(1))))));
        } else {
            steps.add(new Step.Hear(line, text, pattern(text)));
        }
    }

    private void afterwards(String text) {
        Matcher after = match(AFTERWARDS, text);
        String owner = after.group(2) == null ? firstUser() : after.group(2);
        List<byte[]> messages = new ArrayList<>();
        if (!after.group(3).equals(" none")) {
            require(!after.group(3).isEmpty(), "numbers of messages, or none");
            for (String number : after.group(3).strip().split(" ", -1)) {
                messages.add(message(owner, after.group(1), Integer.parseInt(number)));
            }
        }
        steps.add(new Step.Afterwards(line, owner, after.group(1), messages));
    }

    /** A line of the server: literally, but for stars. */
    private static Pattern pattern(String text) {
        String start = text;
        String end = "";
        if (text.endsWith(" *")) {
            start = text.substring(0, text.length() - 2);
            end = "( [ -~]*)?";
        }
        StringBuilder regex = new StringBuilder();
        for (String part : start.split("\\*", -1)) {
            regex.append(regex.isEmpty() ? "" : "[ -~]*");
            regex.append("\\Q")
                    .append(new String(Octets.of(part), StandardCharsets.ISO_8859_1))
                    .append("\\E");
        }
        return Pattern.compile(regex + end + "\r\n");
    }

    private void endOfMessage() {
        ByteArrayOutputStream whole = body;
        if (whole == null) {
            return;
        }
        body = null;
        if (meanwhileIn == null) {
            addMessage(whole.toByteArray());
        } else {
            add(all, firstUser(), meanwhileIn, whole.toByteArray());
            steps.add(new Step.Delivery(line, firstUser(), meanwhileIn, ByteBuffer.wrap(whole.toByteArray())));
            meanwhileIn = null;
        }
    }

    private void addFolder(String called) {
        folder = called;
        initial.computeIfAbsent(user, u -> new LinkedHashMap<>()).computeIfAbsent(folder, f -> new ArrayList<>());
        all.computeIfAbsent(user, u -> new LinkedHashMap<>()).computeIfAbsent(folder, f -> new ArrayList<>());
    }

    private void addMessage(byte[] octets) {
        require(!user.isEmpty(), "a message needs a user");
        add(initial, user, folder, octets);
        add(all, user, folder, octets);
    }

    private static void add(Map<String, Map<String, List<byte[]>>> to, String owner, String called, byte[] octets) {
        to.computeIfAbsent(owner, u -> new LinkedHashMap<>())
                .computeIfAbsent(called, f -> new ArrayList<>())
                .add(octets);
    }

    private byte[] message(String owner, String in, int number) {
        List<byte[]> messages = all.getOrDefault(owner, Map.of()).getOrDefault(in, List.of());
        require(number >= 1 && number <= messages.size(), "no message " + number + " in " + in + " of " + owner);
        return DialogueSetup.wireForm(messages.get(number - 1));
    }

    /** A message of that size in its wire form, and like no other of the dialogue. */
    private byte[] ofSize(int octets) {
        StringBuilder text = new StringBuilder("Subject: generated for line " + line + "\r\n\r\n");
        require(octets >= text.length() + 2, "a generated message has at least " + (text.length() + 2) + " octets");
        while (text.length() < octets) {
            // a last line that is too short to end is made part of the one before
            int left = octets - text.length() - 2;
            int length = left > 72 ? 70 : left;
            text.append("x".repeat(Math.max(0, length))).append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private String firstUser() {
        require(!initial.isEmpty(), "there is no user");
        return initial.keySet().iterator().next();
    }

    private static byte[] withLineEnd(String text) {
        if (text.endsWith(NO_LINE_END)) {
            return Octets.of(text.substring(0, text.length() - NO_LINE_END.length()));
        }
        return Octets.of(text.endsWith("<LF>") ? text : text + "<CR><LF>");
    }

    private static Matcher match(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        require(matcher.matches(), "not in the format: " + text);
        return matcher;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
