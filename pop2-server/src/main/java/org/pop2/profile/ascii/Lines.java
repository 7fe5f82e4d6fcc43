package org.pop2.profile.ascii;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Collects ASCII lines up to a limit of octets, CRLFs included. */
final class Lines {
    private final List<String> lines = new ArrayList<>();
    private final int most;
    private int octets;
    private boolean full;

    Lines(int most) {
        this.most = most;
    }

    /** Adds a line. Once a line does not fit, nothing more is added. */
    void add(String line) {
        full |= octets + line.length() + 2 > most;
        if (!full) {
            lines.add(line);
            octets += line.length() + 2;
        }
    }

    /** Adds all lines or none, if not all fit; others may still be added. */
    boolean addAll(List<String> more) {
        int length = more.stream().mapToInt(line -> line.length() + 2).sum();
        if (octets + length > most) {
            return false;
        }
        more.forEach(this::add);
        return true;
    }

    /** Whether something did not fit. */
    boolean isFull() {
        return full;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    void forEach(Consumer<String> what) {
        lines.forEach(what);
    }

    byte[] octets() {
        byte[] all = new byte[octets];
        int at = 0;
        for (String line : lines) {
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c >= 0x7f || (c < ' ' && c != '\t')) {
                    throw new IllegalStateException("no ASCII: " + (int) c);
                }
                all[at++] = (byte) c;
            }
            all[at++] = '\r';
            all[at++] = '\n';
        }
        return all;
    }
}
