/**
 * Common parts of commands: the terminal, exit codes of {@code sysexits.h}, the configuration option and checks of its
 * trustworthiness, names, passwords and progress. Imports the configuration, and no command.
 */
@NullMarked
package org.pop2.app.cli;

import org.jspecify.annotations.NullMarked;
