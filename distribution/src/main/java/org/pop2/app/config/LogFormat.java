package org.pop2.app.config;

/** What a line of the log looks like. */
public enum LogFormat {
    /** The event's name, and {@code key=value}. */
    TEXT,
    /** An object of JSON. */
    JSON
}
