@NullMarked
package org.pop2.auth;

import org.jspecify.annotations.NullMarked;
