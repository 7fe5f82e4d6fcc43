/** Mail of other POP2 servers, brought into files or to a mail system. */
@NullMarked
package org.pop2.app.fetch;

import org.jspecify.annotations.NullMarked;
