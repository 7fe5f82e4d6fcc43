package org.pop2.app.outside;

import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pop2.auth.Authenticator;
import org.pop2.auth.OneTimePasswords;
import org.pop2.auth.Passwords;
import org.pop2.auth.UnusableHashException;
import org.pop2.management.Metrics;
import org.pop2.net.Networks;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.Secret;
import org.pop2.server.ListenerSettings;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver;
import org.pop2.server.ServerSettings;
import org.pop2.storage.MailStore;
import reactor.core.publisher.Mono;

/** Uses what needs a library, without it, and says a line about each. */
final class LibrariesMissing {
    private interface Use {
        @Nullable
        Object now() throws Exception;
    }

    private LibrariesMissing() {}

    public static void main(String[] args) {
        Secret password = Secret.of("secret".getBytes(StandardCharsets.UTF_8));
        MailStore store = (MailStore) Proxy.newProxyInstance(
                MailStore.class.getClassLoader(), new Class<?>[] {MailStore.class}, (proxy, method, given) -> {
                    throw new IllegalStateException("not needed: " + method);
                });
        ListenerSettings listener =
                ListenerSettings.plain("pop2", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        say(() -> Passwords.hash(password));
        say(() -> Passwords.verify("{SHA512-CRYPT}$6$salt$x", password));
        say(OneTimePasswords::newTotpSecret);
        say(() -> new Metrics(store));
        say(() -> Pop2Server.start(ServerSettings.defaults(), store).block());
        say(() -> own(listener.withProxiesFrom(Networks.of(List.of("127.0.0.1"))), store));
        say(() -> own(listener.withProfile(ClientProfile.KA9Q.with(Quirk.ASCII)), store));
    }

    /** A server that asks the program who may log in, and so has no hashes. */
    private static @Nullable Object own(ListenerSettings listener, MailStore store) {
        return Pop2Server.start(
                        ServerSettings.defaults().withListeners(List.of(listener)),
                        Authenticator.Settings.defaults(),
                        (user, secret, peer) -> Mono.empty(),
                        store,
                        ServerObserver.NONE)
                .block();
    }

    private static void say(Use use) {
        try {
            System.out.println("worked: " + use.now());
        } catch (UnusableHashException | IllegalStateException expected) {
            System.out.println(expected.getMessage());
        } catch (Exception | LinkageError e) {
            System.out.println(e);
        }
        System.out.flush();
    }
}
