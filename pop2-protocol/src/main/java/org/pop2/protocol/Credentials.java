package org.pop2.protocol;

/**
 * Name and password as HELO gives them (RFC 937 p. 7).
 *
 * @param user the name: octets read as UTF-8, or as ISO 8859-1 where they are none
 * @param password the password
 */
public record Credentials(String user, Secret password) {}
