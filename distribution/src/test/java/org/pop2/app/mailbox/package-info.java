@NullMarked
package org.pop2.app.mailbox;

import org.jspecify.annotations.NullMarked;
