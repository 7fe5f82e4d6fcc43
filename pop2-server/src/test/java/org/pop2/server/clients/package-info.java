/** Models of the old clients, written from what is known of them: just what each one sends, checks and counts. */
@NullMarked
package org.pop2.server.clients;

import org.jspecify.annotations.NullMarked;
