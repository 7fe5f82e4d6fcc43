package org.pop2.protocol;

/**
 * Name and password as HELO gives them (RFC 937 p. 7).
 *
 * @param user the name: its octets decoded as UTF-8, or as ISO 8859-1 where they are not valid UTF-8
 * @param password the password
 */
public record Credentials(String user, Secret password) {}
