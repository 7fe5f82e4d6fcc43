package org.pop2.fetch;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Fingerprint;

/**
 * The state of the messages of an account, in a journal. Each line is a letter and words:
 *
 * <pre>
 * v VALIDITY TIME         what keys hold for, and when the first run was, in seconds
 * b NUMBER                all messages up to this number are settled
 * - KEY                   it stays there, and nobody wants it here
 * > KEY OCTETS SHA-256 ID it is being stored here; with } instead, nothing is to be done there then
 * = KEY OCTETS SHA        it is stored here
 * p KEY OCTETS SHA        it, or its beginning, is, and nothing is to be done there
 * x KEY                   it was being stored, and is not
 * ! KEY                   what was to be done there is done
 * ? KEY                   numbers have changed: it may be here already
 * t KEY                   it could not be read; with c instead, because the connection was lost
 * f OCTETS SHA            something like this was stored under a number that counts no more
 * m OCTETS SHA            one of those has a number again
 * </pre>
 */
final class CollectState {
    /** Most fingerprints, the youngest, that are kept in case the provider renumbers its messages. */
    static final int MOST_EARLIER = 50_000;

    /** Superfluous lines after which the journal is rewritten. */
    private static final int SUPERFLUOUS = 1000;

    /** Digits of a hash that suffice to distinguish messages if nobody constructs equal ones. */
    private static final int DIGITS = 16;

    /** The state of a message. */
    private enum Mark {
        LEFT,
        STORED,
        DONE,
        COMPARED
    }

    /** A message of which it is unknown whether it was stored. */
    record Doubt(Fingerprint fingerprint, String id, boolean acts) {}

    private record Entry(Mark mark, String print) {}

    private final Journal journal;
    private String validity = "";
    private Instant begun = Instant.EPOCH;
    private boolean isNew = true;
    private long settled;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Doubt> doubts = new LinkedHashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();
    private final Set<String> drops = new HashSet<>();
    private final Map<String, Integer> earlier = new LinkedHashMap<>();
    private final Map<String, Integer> prints = new HashMap<>();
    private final List<String> waiting = new ArrayList<>();
    private int lines;

    private CollectState(Journal journal) {
        this.journal = journal;
    }

    /** Reads the journal; the caller closes it. */
    static CollectState of(Journal journal) throws IOException {
        CollectState state = new CollectState(journal);
        for (String line : journal.lines()) {
            if (!state.take(line.split(" ", -1))) {
                throw new BadSourceException("what was noted of a collection cannot be understood: " + line);
            }
            state.lines++;
        }
        return state;
    }

    private boolean take(String[] words) {
        int count = words.length;
        switch (words[0]) {
            case "v" -> {
                if (count != 3 || !words[2].matches("\\d{1,12}")) {
                    return false;
                }
                validity = words[1];
                begun = Instant.ofEpochSecond(Long.parseLong(words[2]));
                isNew = false;
            }
            case "b" -> {
                if (count != 2 || !words[1].matches("\\d{1,18}")) {
                    return false;
                }
                settled = Long.parseLong(words[1]);
            }
            case ">", "}" -> {
                Optional<Fingerprint> fingerprint = count == 5 && words[2].matches("\\d{1,18}")
                        ? Fingerprint.of(Long.parseLong(words[2]), words[3])
                        : Optional.empty();
                fingerprint.ifPresent(it -> doubts.put(words[1], new Doubt(it, words[4], words[0].equals(">"))));
                return fingerprint.isPresent();
            }
            case "=", "p" -> {
                if (count != 4) {
                    return false;
                }
                stored(words[1], words[2] + " " + words[3], words[0].equals("=") ? Mark.STORED : Mark.DONE);
            }
            case "f", "m" -> {
                if (count != 3) {
                    return false;
                }
                earlier(words[1] + " " + words[2], words[0].equals("f") ? 1 : -1);
            }
            default -> {
                return count == 2 && mark(words[0], words[1]);
            }
        }
        return true;
    }

    private boolean mark(String letter, String key) {
        switch (letter) {
            case "-" -> put(key, new Entry(Mark.LEFT, ""));
            case "x" -> doubts.remove(key);
            case "!" -> {
                Entry entry = entries.get(key);
                if (entry != null) {
                    entries.put(key, new Entry(Mark.DONE, entry.print()));
                }
            }
            case "?" -> put(key, new Entry(Mark.COMPARED, ""));
            case "t" -> failures.merge(key, 1, Integer::sum);
            case "c" -> drops.add(key);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void put(String key, Entry entry) {
        entries.put(key, entry);
        failures.remove(key);
        drops.remove(key);
    }

    private void stored(String key, String print, Mark mark) {
        doubts.remove(key);
        put(key, new Entry(mark, print));
        prints.merge(print, 1, Integer::sum);
    }

    private void earlier(String print, int more) {
        if (more > 0) {
            earlier.merge(print, 1, Integer::sum);
        } else {
            earlier.computeIfPresent(print, (same, count) -> count > 1 ? count - 1 : null);
        }
    }

    private static String print(Fingerprint fingerprint) {
        return fingerprint.octets() + " " + fingerprint.hex().substring(0, DIGITS);
    }

    // ---- what is known

    /** Whether the journal is new. */
    boolean isNew() {
        return isNew;
    }

    String validity() {
        return validity;
    }

    /** When the first run was. */
    Instant begun() {
        return begun;
    }

    /** All messages up to this number are settled. */
    long settled() {
        return settled;
    }

    /** Whether the message is settled here; something may remain to be done at the provider. */
    boolean isKnown(String key) {
        Entry entry = entries.get(key);
        return entry != null && entry.mark() != Mark.COMPARED;
    }

    /** Whether it may be stored here under another number. */
    boolean isCompared(String key) {
        Entry entry = entries.get(key);
        return entry != null && entry.mark() == Mark.COMPARED;
    }

    /** How often it could not be read. */
    int failures(String key) {
        return failures.getOrDefault(key, 0);
    }

    /** Whether the connection was lost when it was read. */
    boolean wasDropped(String key) {
        return drops.contains(key);
    }

    /** Messages that are stored here and for which something remains to be done at the provider. */
    List<String> toBeActedOn() {
        return entries.entrySet().stream()
                .filter(entry -> entry.getValue().mark() == Mark.STORED)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Messages of which it is unknown whether they were stored. */
    Map<String, Doubt> doubts() {
        return Map.copyOf(doubts);
    }

    /** Whether an equal message was stored under an obsolete number. */
    boolean wasStoredEarlier(Fingerprint fingerprint) {
        return earlier.containsKey(print(fingerprint));
    }

    /** How many equal messages are known to be stored. */
    int count(Fingerprint fingerprint) {
        String print = print(fingerprint);
        return prints.getOrDefault(print, 0) + earlier.getOrDefault(print, 0);
    }

    /** All known keys. */
    Set<String> keys() {
        return Set.copyOf(entries.keySet());
    }

    // ---- what happens

    /**
     * Records the first run.
     *
     * @param upTo messages up to this number stay at the provider, if keys are numbers
     * @param there keys that stay there, too
     */
    void begin(String newValidity, Instant now, long upTo, Collection<String> there) throws IOException {
        there.forEach(key -> note("- " + key));
        note("b " + upTo);
        // the last one: without it, this is still to be done
        note("v " + newValidity + " " + now.getEpochSecond());
        flush();
    }

    /** Records that these stay at the provider. */
    void leave(Collection<String> keys) throws IOException {
        keys.forEach(key -> note("- " + key));
        flush();
    }

    /**
     * Records that a message is about to be stored.
     *
     * @return an id that distinguishes it from equal messages; the same as at an earlier attempt
     */
    String begin(String key, Fingerprint fingerprint, boolean acts) throws IOException {
        Doubt doubt = doubts.get(key);
        String id = doubt == null ? UUID.randomUUID().toString().replace("-", "") : doubt.id();
        note((acts ? "> " : "} ") + key + " " + fingerprint.octets() + " " + fingerprint.hex() + " " + id);
        flush();
        return id;
    }

    /** Records that it is stored. May become durable only with {@link #flush}; until then it counts as unknown. */
    void finish(String key, Fingerprint fingerprint, boolean acts) {
        note((acts ? "= " : "p ") + key + " " + print(fingerprint));
    }

    /** Records that it was stored under another number. */
    void recognize(String key, Fingerprint fingerprint, boolean acts) {
        note("m " + print(fingerprint));
        finish(key, fingerprint, acts);
    }

    /** Records that it was refused and is not stored. */
    void abandon(String key) {
        note("x " + key);
    }

    void failed(String key) throws IOException {
        note("t " + key);
        flush();
    }

    void dropped(String key) throws IOException {
        if (!drops.contains(key)) {
            note("c " + key);
            flush();
        }
    }

    /** Records that what was to be done at the provider is done. */
    void acted(Collection<String> keys) throws IOException {
        keys.forEach(key -> note("! " + key));
        flush();
    }

    private void note(String line) {
        waiting.add(line);
        if (!take(line.split(" ", -1))) {
            throw new IllegalArgumentException("no line: " + line);
        }
    }

    /** Makes all records durable. */
    void flush() throws IOException {
        if (!waiting.isEmpty()) {
            journal.append(List.copyOf(waiting));
            lines += waiting.size();
            waiting.clear();
        }
    }

    /**
     * Records that the provider has renumbered its messages: no key is valid any more, and any message there may be
     * stored here already.
     */
    void renumber(String newValidity, Collection<String> there) throws IOException {
        flush();
        entries.values().forEach(entry -> {
            if (!entry.print().isEmpty()) {
                earlier(entry.print(), 1);
            }
        });
        // not stored, as far as anybody can tell: else they would be none any more
        doubts.clear();
        entries.clear();
        prints.clear();
        failures.clear();
        drops.clear();
        validity = newValidity;
        settled = 0;
        there.forEach(key -> entries.put(key, new Entry(Mark.COMPARED, "")));
        rewrite();
    }

    /**
     * At the end of a run.
     *
     * @param upTo all messages up to this number are settled, if keys are numbers
     * @param gone keys that have disappeared from the provider
     * @param remember whether these messages may come again under another number
     */
    void settle(long upTo, Collection<String> gone, boolean remember) throws IOException {
        flush();
        List<String> forgotten = new ArrayList<>(gone);
        if (upTo > settled) {
            settled = upTo;
            entries.keySet().stream().filter(key -> Long.parseLong(key) <= upTo).forEach(forgotten::add);
            if (forgotten.isEmpty()) {
                note("b " + upTo);
                flush();
            }
        }
        for (String key : forgotten) {
            Entry entry = entries.remove(key);
            failures.remove(key);
            drops.remove(key);
            if (entry != null && !entry.print().isEmpty()) {
                prints.computeIfPresent(entry.print(), (same, count) -> count > 1 ? count - 1 : null);
                if (remember) {
                    earlier(entry.print(), 1);
                }
            }
        }
        if (!forgotten.isEmpty() && lines > needed() + SUPERFLUOUS) {
            rewrite();
        } else if (!forgotten.isEmpty() && upTo > 0) {
            journal.append(List.of("b " + upTo));
            lines++;
        }
    }

    private int needed() {
        return 2 + entries.size() + doubts.size() + earlier.size() + drops.size();
    }

    private void rewrite() throws IOException {
        List<String> all = new ArrayList<>();
        all.add("v " + validity + " " + begun.getEpochSecond());
        all.add("b " + settled);
        int skipped = Math.max(0, earlier.size() - MOST_EARLIER);
        earlier.forEach((print, count) -> {
            for (int i = 0; i < count; i++) {
                all.add("f " + print);
            }
        });
        all.subList(2, 2 + Math.min(skipped, all.size() - 2)).clear();
        entries.forEach((key, entry) -> {
            switch (entry.mark()) {
                case LEFT -> all.add("- " + key);
                case COMPARED -> all.add("? " + key);
                case STORED -> all.add("= " + key + " " + entry.print());
                case DONE -> all.add("p " + key + " " + entry.print());
            }
        });
        doubts.forEach((key, doubt) -> all.add((doubt.acts() ? "> " : "} ") + key + " "
                + doubt.fingerprint().octets() + " " + doubt.fingerprint().hex() + " " + doubt.id()));
        drops.forEach(key -> all.add("c " + key));
        failures.forEach((key, times) -> {
            for (int i = 0; i < times; i++) {
                all.add("t " + key);
            }
        });
        journal.replace(all);
        lines = all.size();
    }
}
