/**
 * {@code pop2d}, the application: a command line around {@code org.pop2.server} and whatever storages are on the class
 * path.
 *
 * <p>One class per sub-command; {@link org.pop2.app.Pop2d} puts them together and turns every failure into an exit code
 * of {@code sysexits.h}.
 */
@NullMarked
package org.pop2.app;

import org.jspecify.annotations.NullMarked;
