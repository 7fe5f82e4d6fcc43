package org.pop2.server;

import java.util.stream.Stream;
import org.pop2.library.Library;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;

/** Checks for optional libraries that the settings need, before the server listens. */
final class NeededLibraries {
    private NeededLibraries() {}

    /** @throws org.pop2.library.MissingLibraryException for the first that is missing */
    static void require(ServerSettings settings) {
        if (settings.listeners().stream().anyMatch(it -> it.tls().isPresent())) {
            Library.BOUNCY_CASTLE.require("listeners with TLS");
        }
        if (settings.listeners().stream().anyMatch(it -> !it.proxiesFrom().isEmpty())) {
            Library.HAPROXY.require("listeners behind a proxy");
        }
        if (profiles(settings).anyMatch(it -> it.has(Quirk.ASCII))) {
            Library.MIME4J.require("profiles that make 7-bit text");
            Library.JSOUP.require("profiles that make 7-bit text");
            Library.ICU4J.require("profiles that make 7-bit text");
        }
    }

    private static Stream<ClientProfile> profiles(ServerSettings settings) {
        ProfileRules rules = settings.profiles();
        return Stream.of(
                        settings.listeners().stream().map(ListenerSettings::profile),
                        rules.byNetwork().stream().map(ProfileRules.OfNetworks::profile),
                        rules.byUser().values().stream())
                .flatMap(it -> it);
    }
}
