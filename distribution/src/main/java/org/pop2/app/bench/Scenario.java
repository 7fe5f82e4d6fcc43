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
    /** Connect, log in, and drop the connection. */
    OPEN("openings"),
    /** Log in and do nothing. */
    IDLE("sessions");

    private final String unit;

    Scenario(String unit) {
        this.unit = unit;
    }

    /** The unit of the count. */
    public String unit() {
        return unit;
    }
}
