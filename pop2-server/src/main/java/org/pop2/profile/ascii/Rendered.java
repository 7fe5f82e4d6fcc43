package org.pop2.profile.ascii;

import java.util.List;

/**
 * One text as it is sent.
 *
 * @param lines of ASCII
 * @param said for each of them, what it says where texts are compared
 * @param illegible whether many of its characters cannot be shown
 * @param omitted whether it has something to be seen that is not among the lines
 */
record Rendered(List<String> lines, List<String> said, boolean illegible, boolean omitted) {
    static Rendered of(List<String> lines, boolean illegible) {
        return new Rendered(lines, lines, illegible, false);
    }
}
