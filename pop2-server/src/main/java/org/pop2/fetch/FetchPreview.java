package org.pop2.fetch;

import java.util.List;

/**
 * What a run would find.
 *
 * @param there messages
 * @param wanted keys of those that would be stored
 * @param countsAnew whether the provider has renumbered its messages
 */
public record FetchPreview(int there, List<String> wanted, boolean countsAnew) {}
