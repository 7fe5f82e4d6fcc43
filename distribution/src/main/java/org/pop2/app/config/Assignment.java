package org.pop2.app.config;

/**
 * An entry of a list that gives somebody something.
 *
 * @param whom what stands first
 * @param what the word behind it
 */
record Assignment<T>(T whom, String what) {}
