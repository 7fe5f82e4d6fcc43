/**
 * What commands have in common: the terminal, exit codes of {@code sysexits.h}, the configuration that they are told to
 * use and whether it is to be obeyed, names, passwords and progress. Imports the configuration, and no command.
 */
@NullMarked
package org.pop2.app.cli;

import org.jspecify.annotations.NullMarked;
