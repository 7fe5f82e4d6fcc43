package org.pop2.storage.sql;

import io.r2dbc.spi.Parameters;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * As whom this node takes leases.
 *
 * @param node made anew at each start
 * @param name the same after a restart, if the administrator gave one
 * @param ttl how long a lease lives without being renewed
 */
record LeaseOwner(UUID node, Optional<String> name, Duration ttl) {
    /** The name as the parameter of a statement. */
    Object nameOrNull() {
        return name.<Object>map(it -> it).orElse(Parameters.in(String.class));
    }
}
