@NullMarked
package org.pop2.profile;

import org.jspecify.annotations.NullMarked;
