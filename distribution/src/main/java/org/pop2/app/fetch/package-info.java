/**
 * The command {@code pop2d fetch}: options, words and exit codes. What fetches is {@code org.pop2.fetch};
 * {@code Targets} brings it together with mbox files and Maildirs. Begin with {@link org.pop2.app.fetch.FetchCommand}.
 */
@NullMarked
package org.pop2.app.fetch;

import org.jspecify.annotations.NullMarked;
