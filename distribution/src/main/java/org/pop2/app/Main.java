package org.pop2.app;

/** Where {@code bin/pop2d} begins. */
public final class Main {

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        // not by return: event loops may still run
        System.exit(Pop2d.run(Terminal.ofProcess(), args));
    }

    private Main() {}
}
