/**
 * Files, and the threads that touch them. {@link org.pop2.storage.fs.io.StorageIo} is all that this module asks of a
 * disk, {@link org.pop2.storage.fs.io.RealIo} the only class that asks the real one, so that a test can stand in with a
 * disk that fails, is full, or loses power. Imports nothing of the other packages but
 * {@link org.pop2.storage.fs.format.OctetSource}.
 *
 * <p>Begin with {@link org.pop2.storage.fs.io.StorageIo}; {@link org.pop2.storage.fs.io.Work} says which thread does
 * what, and why none is ever interrupted.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.io;

import org.jspecify.annotations.NullMarked;
