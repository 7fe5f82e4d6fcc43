@NullMarked
package org.pop2.app.fetch;

import org.jspecify.annotations.NullMarked;
