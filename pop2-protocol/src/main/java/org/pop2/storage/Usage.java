package org.pop2.storage;

/**
 * How much mail a user has, and may have (rule S15).
 *
 * @param messages in all folders
 * @param octets of these, as they go over the wire
 * @param quota the account's quota, or the default one
 */
public record Usage(long messages, long octets, Quota quota) {}
