package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** What was sent to one mailbox and what became of it. */
final class Ledger {
    private final Map<Integer, Letter> sent = new ConcurrentHashMap<>();
    private final Set<Integer> deleted = ConcurrentHashMap.newKeySet();

    /** What became of each, for people who look for one. */
    private final Map<Integer, List<String>> history = new ConcurrentHashMap<>();

    /** Used by the one client of the mailbox. */
    private final Set<Integer> inDoubt = new TreeSet<>();

    /** To be called before anybody delivers it. */
    void sent(Letter letter) {
        assertThat(sent.put(letter.id(), letter)).as("a number of its own").isNull();
    }

    void note(int id, String event) {
        history.computeIfAbsent(id, key -> Collections.synchronizedList(new ArrayList<>()))
                .add(Instant.now() + " " + event);
    }

    /** What happened to those that are not where they should be. */
    String historyOfDifference(Collection<Integer> found) {
        Set<Integer> ids = remaining();
        Set<Integer> both = new TreeSet<>(ids);
        both.retainAll(found);
        ids.addAll(found);
        ids.removeAll(both);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(String.format("%n%d %s", id, history.getOrDefault(id, List.of())));
        }
        return text.toString();
    }

    /** A client was sent a message; its number. */
    int received(String message) {
        int id = Letter.idOf(message);
        assertThat(sent).as("what was sent here").containsKey(id);
        Letter letter = Objects.requireNonNull(sent.get(id));
        assertThat(deleted).as("deleted, and there again").doesNotContain(id);
        letter.assertIs(message);
        note(id, "received");
        return id;
    }

    /** The server said that these are deleted. */
    void deleted(Set<Integer> ids) {
        for (int id : ids) {
            note(id, "deleted");
            assertThat(deleted.add(id)).as("deleted once: " + id).isTrue();
        }
    }

    /**
     * The server was asked to delete these and to open the mailbox again, and said that the mailbox is in use: they are
     * deleted if it could not be opened, and there if nothing could be deleted.
     */
    void perhapsDeleted(Set<Integer> ids) {
        ids.forEach(id -> note(id, "perhaps deleted"));
        inDoubt.addAll(ids);
    }

    /** This is all that is there; what was in doubt is there as a whole, or is deleted as a whole. */
    void seen(Set<Integer> ids) {
        Set<Integer> there = new TreeSet<>(inDoubt);
        there.retainAll(ids);
        if (there.isEmpty()) {
            deleted(inDoubt);
        } else {
            assertThat(there).as("deleted in part").isEqualTo(inDoubt);
        }
        inDoubt.clear();
    }

    int deletedCount() {
        return deleted.size();
    }

    int sentCount() {
        return sent.size();
    }

    /** What has to be there when all deliveries are over. */
    Set<Integer> remaining() {
        Set<Integer> ids = new TreeSet<>(sent.keySet());
        ids.removeAll(deleted);
        return ids;
    }
}
