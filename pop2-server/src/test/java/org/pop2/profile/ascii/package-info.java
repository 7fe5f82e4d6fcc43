@NullMarked
package org.pop2.profile.ascii;

import org.jspecify.annotations.NullMarked;
