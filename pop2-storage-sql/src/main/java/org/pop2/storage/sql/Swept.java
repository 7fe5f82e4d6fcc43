package org.pop2.storage.sql;

/**
 * What a sweep removed.
 *
 * @param messages deleted messages past their retention
 * @param bodies bodies, those of messages and of deliveries that broke off
 */
public record Swept(long messages, long bodies) {}
