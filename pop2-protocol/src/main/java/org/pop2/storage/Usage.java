package org.pop2.storage;

/**
 * What a user has, and may have (rule S15).
 *
 * @param messages in all folders
 * @param octets of these, as they go over the wire
 * @param quota what holds for the user: that of the account, or the one for all who have none of their own
 */
public record Usage(long messages, long octets, Quota quota) {}
