/**
 * What an operator asks: of a server that runs ({@code who}, {@code kick}, {@code reload}, {@code transcript}), of an
 * installation ({@code doctor}, {@code config}), and of a database ({@code migrate}).
 */
@NullMarked
package org.pop2.app.operate;

import org.jspecify.annotations.NullMarked;
