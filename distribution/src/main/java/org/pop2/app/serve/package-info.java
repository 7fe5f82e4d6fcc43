/**
 * {@code pop2d serve}, {@code demo} and {@code cache}: a server as a process, from its start to its signals. Begin with
 * {@link org.pop2.app.serve.Serving}.
 */
@NullMarked
package org.pop2.app.serve;

import org.jspecify.annotations.NullMarked;
