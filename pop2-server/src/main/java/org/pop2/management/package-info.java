/**
 * A running server as operators see it, over HTTP: health, metrics, sessions, a page for people. It has its own
 * listener and event loop, so that its requests take no time from mail clients.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.management;

import org.jspecify.annotations.NullMarked;
