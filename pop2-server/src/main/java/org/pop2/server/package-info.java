/** The protocol on the wire: connections, authentication, limits. Knows storages only by their SPI. */
@NullMarked
package org.pop2.server;

import org.jspecify.annotations.NullMarked;
