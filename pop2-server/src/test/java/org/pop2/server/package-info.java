@NullMarked
package org.pop2.server;

import org.jspecify.annotations.NullMarked;
