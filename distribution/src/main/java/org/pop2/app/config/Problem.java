package org.pop2.app.config;

/**
 * Something wrong in a configuration.
 *
 * @param origin where: file and line, or the environment variable
 * @param message what, and what was expected
 */
public record Problem(String origin, String message) {
    @Override
    public String toString() {
        return origin + ": " + message;
    }
}
