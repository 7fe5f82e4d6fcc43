package org.pop2.app.cli;

import java.util.Iterator;
import java.util.List;

/** Values of options that have few, for completions. */
public abstract class Candidates implements Iterable<String> {
    private final List<String> values;

    private Candidates(String... values) {
        this.values = List.of(values);
    }

    @Override
    public Iterator<String> iterator() {
        return values.iterator();
    }

    public static final class Sources extends Candidates {
        Sources() {
            super("auto", "mbox", "maildir", "message");
        }
    }

    public static final class Targets extends Candidates {
        Targets() {
            super("mbox", "maildir");
        }
    }

    public static final class Quoting extends Candidates {
        Quoting() {
            super("mboxrd", "mboxo", "none");
        }
    }

    public static final class Separators extends Candidates {
        Separators() {
            super("strict", "lenient");
        }
    }

    public static final class Scenarios extends Candidates {
        Scenarios() {
            super("churn", "fetch", "big", "delete", "open", "idle");
        }
    }

    public static final class Shells extends Candidates {
        Shells() {
            super("bash", "zsh", "fish");
        }
    }

    public static final class Digests extends Candidates {
        Digests() {
            super("sha1", "md5");
        }
    }
}
