package org.pop2.fetch;

import java.io.IOException;
import java.util.List;

/** A journal that can be killed before and after each line. */
record SteppingJournal(Journal journal, Runnable step) implements Journal {
    @Override
    public List<String> lines() throws IOException {
        return journal.lines();
    }

    @Override
    public void append(List<String> lines) throws IOException {
        for (String line : lines) {
            step.run();
            journal.append(List.of(line));
        }
        step.run();
    }

    @Override
    public void replace(List<String> lines) throws IOException {
        step.run();
        journal.replace(lines);
        step.run();
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
