package org.pop2.app.config;

/**
 * An entry of a list that assigns a value, such as a profile.
 *
 * @param whom the first word: whom it is for
 * @param what the second word: the value
 */
record Assignment<T>(T whom, String what) {}
