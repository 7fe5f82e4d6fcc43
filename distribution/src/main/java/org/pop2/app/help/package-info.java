/**
 * What is made of the commands and keys for people who look for them: completions of shells, manual pages. None of it
 * is loaded by a server.
 */
@NullMarked
package org.pop2.app.help;

import org.jspecify.annotations.NullMarked;
