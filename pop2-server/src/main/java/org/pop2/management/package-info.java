/**
 * What operators see of a running server, over HTTP: health, metrics, sessions, a page for people. A listener of its
 * own with its own event loop, so that nothing that is asked here takes time from those who read mail.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.management;

import org.jspecify.annotations.NullMarked;
