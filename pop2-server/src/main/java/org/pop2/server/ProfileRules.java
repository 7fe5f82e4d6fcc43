package org.pop2.server;

import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.net.Networks;
import org.pop2.profile.ClientProfile;
import org.pop2.storage.UserName;

/**
 * Rules that choose a client's profile. A user's rule takes precedence over that of the client's network, which takes
 * precedence over the listener's profile. As only the latter two are known before the login,
 * {@link org.pop2.profile.Quirk#STRICT} and {@link org.pop2.profile.Quirk#SECURITY_LEVEL} of a user's profile have no
 * effect.
 *
 * @param byNetwork the first that contains the client's address counts
 */
public record ProfileRules(List<OfNetworks> byNetwork, Map<UserName, ClientProfile> byUser) {
    /** No rules: the listener's profile applies. */
    public static final ProfileRules NONE = new ProfileRules(List.of(), Map.of());

    /** The profile of clients from some networks. */
    public record OfNetworks(Networks networks, ClientProfile profile) {}

    /** Makes copies of both. */
    public ProfileRules {
        byNetwork = List.copyOf(byNetwork);
        byUser = Map.copyOf(byUser);
    }

    /** The profile of a client before its login, on a listener with the given profile. */
    ClientProfile of(ClientProfile listener, @Nullable SocketAddress client) {
        return byNetwork.stream()
                .filter(rule -> rule.networks.contain(client))
                .findFirst()
                .map(OfNetworks::profile)
                .orElse(listener);
    }

    Optional<ClientProfile> of(UserName user) {
        return Optional.ofNullable(byUser.get(user));
    }
}
