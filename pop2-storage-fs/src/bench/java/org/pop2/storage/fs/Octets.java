package org.pop2.storage.fs;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Octets that went through, shown as a rate. */
@AuxCounters
@State(Scope.Thread)
public class Octets {
    public long octets;
}
