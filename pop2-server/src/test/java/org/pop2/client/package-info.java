@NullMarked
package org.pop2.client;

import org.jspecify.annotations.NullMarked;
