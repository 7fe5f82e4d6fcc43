package org.pop2.fetch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Fingerprint;

/**
 * What was fetched of a POP2 mailbox and may still be there, in a journal. POP2 gives messages no names, so they are
 * known by their fingerprints; those that are equal to the octet are counted. Each line is a letter and words:
 *
 * <pre>
 * b                                 the first run has ended
 * > OCTETS SHA-256 ID               it is being stored here
 * } OCTETS SHA-256 ID OCTETS SHA-256  likewise, and it stays there; the target gets what has the second fingerprint
 * = OCTETS SHA-256                  it is stored here
 * p OCTETS SHA-256                  it, or its beginning, is stored here, and it stays there
 * - OCTETS SHA-256                  it stays there, and nobody wants it here
 * x OCTETS SHA-256                  it was being stored, and is not
 * </pre>
 */
final class FetchState {
    /** Superfluous lines after which the journal is rewritten. */
    private static final int SUPERFLUOUS = 1000;

    private final Journal journal;
    private final Map<Fingerprint, Integer> stored = new LinkedHashMap<>();
    private final Map<Fingerprint, Integer> kept = new LinkedHashMap<>();
    private final Map<Fingerprint, Integer> left = new LinkedHashMap<>();
    private final Map<Fingerprint, Doubt> doubts = new LinkedHashMap<>();
    private final List<String> waiting = new ArrayList<>();
    private boolean isNew = true;
    private int lines;

    /**
     * A message of which it is unknown whether it was stored.
     *
     * @param id given to the target; empty in a journal of a version without ids
     * @param here the fingerprint of what the target has
     * @param stays whether it stays there
     */
    record Doubt(String id, Fingerprint here, boolean stays) {}

    private FetchState(Journal journal) {
        this.journal = journal;
    }

    /** Reads the journal; the caller closes it. */
    static FetchState of(Journal journal) throws IOException {
        FetchState state = new FetchState(journal);
        for (String line : journal.lines()) {
            if (!state.take(line.split(" ", -1))) {
                throw new BadSourceException("what was noted of a fetch cannot be understood: " + line);
            }
            state.lines++;
        }
        return state;
    }

    private boolean take(String[] words) {
        if (words.length == 1 && words[0].equals("b")) {
            isNew = false;
            return true;
        }
        Fingerprint of = fingerprint(words, 1);
        if (of == null) {
            return false;
        }
        boolean named = words.length >= 4 && words[3].matches("[0-9a-f]{32}");
        switch (words[0]) {
            case ">" -> {
                doubts.put(of, new Doubt(named ? words[3] : "", of, false));
                return words.length == 3 || (named && words.length == 4);
            }
            case "}" -> {
                Fingerprint here = fingerprint(words, 4);
                if (here == null || !named || words.length != 6) {
                    return false;
                }
                doubts.put(of, new Doubt(words[3], here, true));
                return true;
            }
            case "=" -> count(stored, of);
            case "p" -> count(kept, of);
            case "-" -> count(left, of);
            case "x" -> doubts.remove(of);
            default -> {
                return false;
            }
        }
        return words.length == 3;
    }

    private static @Nullable Fingerprint fingerprint(String[] words, int from) {
        return words.length >= from + 2 && words[from].matches("\\d{1,18}")
                ? Fingerprint.of(Long.parseLong(words[from]), words[from + 1]).orElse(null)
                : null;
    }

    private void count(Map<Fingerprint, Integer> counts, Fingerprint one) {
        doubts.remove(one);
        counts.merge(one, 1, Integer::sum);
    }

    // ---- what is known

    /** Whether no run has ended yet. */
    boolean isNew() {
        return isNew;
    }

    /** How many equal messages are settled: stored here, or to stay there. */
    int count(Fingerprint of) {
        return stored(of) + staying(of);
    }

    /** How many of those stay there whatever becomes of the others. */
    int staying(Fingerprint of) {
        return left.getOrDefault(of, 0) + kept.getOrDefault(of, 0);
    }

    private int stored(Fingerprint of) {
        return stored.getOrDefault(of, 0);
    }

    /** How many the target has, of all of it or of its beginning. */
    int here(Fingerprint of) {
        return stored(of) + kept.getOrDefault(of, 0);
    }

    /** The messages of which it is unknown whether they were stored. */
    Map<Fingerprint, Doubt> doubts() {
        return Map.copyOf(doubts);
    }

    // ---- what happens

    /**
     * Records, durably, that a message is about to be stored.
     *
     * @param here the fingerprint of what the target gets: the same, or that of a beginning
     * @param stays whether it stays there
     * @return an id that distinguishes it from equal messages; if in doubt, the same as at the earlier attempt
     */
    String begin(Fingerprint of, Fingerprint here, boolean stays) throws IOException {
        Doubt doubt = doubts.get(of);
        String id = doubt == null || doubt.id().isEmpty()
                ? UUID.randomUUID().toString().replace("-", "")
                : doubt.id();
        note(line(of, new Doubt(id, here, stays)));
        flush();
        return id;
    }

    /** Records, durably, that it is stored. */
    void finish(Fingerprint of) throws IOException {
        Doubt doubt = doubts.get(of);
        note(line(doubt == null || !doubt.stays() ? "=" : "p", of));
        flush();
    }

    /** Records that it was refused and is not stored. */
    void abandon(Fingerprint of) {
        note(line("x", of));
    }

    /** Records that it stays there. */
    void leave(Fingerprint of) {
        note(line("-", of));
    }

    /** Makes all records durable. */
    void flush() throws IOException {
        if (!waiting.isEmpty()) {
            journal.append(List.copyOf(waiting));
            lines += waiting.size();
            waiting.clear();
        }
    }

    /** Records that a run has ended. */
    void end() throws IOException {
        if (isNew) {
            note("b");
        }
        flush();
    }

    /** Forgets these copies, which are deleted there. */
    void forget(Map<Fingerprint, Integer> deleted) throws IOException {
        boolean changed = false;
        for (Map.Entry<Fingerprint, Integer> each : deleted.entrySet()) {
            changed |= lower(stored, each.getKey(), stored(each.getKey()) - each.getValue());
        }
        tidy(changed);
    }

    /** Keeps only what is still there, so many of each, and forgets all else. */
    void keep(Map<Fingerprint, Integer> there) throws IOException {
        boolean changed = !doubts.isEmpty();
        doubts.clear();
        for (Fingerprint each : List.copyOf(stored.keySet())) {
            // of equal ones, those that are to stay are the last to go
            changed |= lower(stored, each, there.getOrDefault(each, 0) - staying(each));
        }
        for (Fingerprint each : List.copyOf(kept.keySet())) {
            changed |= lower(kept, each, there.getOrDefault(each, 0));
        }
        for (Fingerprint each : List.copyOf(left.keySet())) {
            changed |= lower(left, each, there.getOrDefault(each, 0) - kept.getOrDefault(each, 0));
        }
        tidy(changed);
    }

    private static boolean lower(Map<Fingerprint, Integer> counts, Fingerprint of, int most) {
        int before = counts.getOrDefault(of, 0);
        if (most >= before) {
            return false;
        }
        if (most > 0) {
            counts.put(of, most);
        } else {
            counts.remove(of);
        }
        return true;
    }

    private void tidy(boolean changed) throws IOException {
        List<String> needed = new ArrayList<>();
        if (!isNew) {
            needed.add("b");
        }
        lines(needed, "=", stored);
        lines(needed, "p", kept);
        lines(needed, "-", left);
        doubts.forEach((of, doubt) -> needed.add(line(of, doubt)));
        if (changed || lines > needed.size() + SUPERFLUOUS) {
            journal.replace(needed);
            lines = needed.size();
        }
    }

    private static void lines(List<String> all, String mark, Map<Fingerprint, Integer> counts) {
        counts.forEach((of, count) -> {
            for (int i = 0; i < count; i++) {
                all.add(line(mark, of));
            }
        });
    }

    private void note(String line) {
        waiting.add(line);
        if (!take(line.split(" ", -1))) {
            throw new IllegalArgumentException("no line: " + line);
        }
    }

    private static String line(Fingerprint of, Doubt doubt) {
        return line(doubt.stays() ? "}" : ">", of)
                + (doubt.id().isEmpty() ? "" : " " + doubt.id())
                + (doubt.stays() ? line("", doubt.here()) : "");
    }

    private static String line(String mark, Fingerprint of) {
        return mark + " " + of.octets() + " " + of.hex();
    }
}
