package org.pop2.app.bench;

/** What the sessions of a run do. */
public enum Scenario {
    /** Connect, log in, count, quit: again and again. */
    CHURN("sessions"),
    /** Read every message and keep it. */
    FETCH("messages"),
    /** Read one message again and again. */
    BIG("messages"),
    /** Read every message, delete it, and quit: once for each connection. */
    DELETE("messages"),
    /** From the connection to the count, and drop the line. */
    OPEN("openings"),
    /** Be logged in and do nothing. */
    IDLE("sessions");

    private final String unit;

    Scenario(String unit) {
        this.unit = unit;
    }

    /** What is counted. */
    public String unit() {
        return unit;
    }
}
