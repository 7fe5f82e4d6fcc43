/**
 * The configuration of {@code pop2d}: a HOCON file, over it the environment, and out of both one immutable
 * {@link org.pop2.app.config.Configuration}.
 *
 * <p>{@link org.pop2.app.config.Keys} lists every key; the storages found add theirs.
 * {@link org.pop2.app.config.ConfigurationReader} goes over everything that was written and reports all that is wrong
 * at once.
 */
@NullMarked
package org.pop2.app.config;

import org.jspecify.annotations.NullMarked;
