package org.pop2.app;

import java.util.Iterator;
import java.util.List;

/** The values that options take, where there are few: for completions. */
abstract class Candidates implements Iterable<String> {
    private final List<String> values;

    private Candidates(String... values) {
        this.values = List.of(values);
    }

    @Override
    public Iterator<String> iterator() {
        return values.iterator();
    }

    static final class Sources extends Candidates {
        Sources() {
            super("auto", "mbox", "maildir", "message");
        }
    }

    static final class Targets extends Candidates {
        Targets() {
            super("mbox", "maildir");
        }
    }

    static final class Quoting extends Candidates {
        Quoting() {
            super("mboxrd", "mboxo", "none");
        }
    }

    static final class Separators extends Candidates {
        Separators() {
            super("strict", "lenient");
        }
    }

    static final class Scenarios extends Candidates {
        Scenarios() {
            super("churn", "fetch", "big", "delete", "open", "idle");
        }
    }

    static final class Shells extends Candidates {
        Shells() {
            super("bash", "zsh", "fish");
        }
    }

    static final class Digests extends Candidates {
        Digests() {
            super("sha1", "md5");
        }
    }
}
