package org.pop2.fetch.source;

import java.io.IOException;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslClientFactory;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * The login with an OAuth 2 access token that RFC 7628 defines, for Angus Mail, which has only its forerunner XOAUTH2.
 */
final class OAuthBearer implements SaslClient {
    static final String NAME = "OAUTHBEARER";

    private final byte[] response;
    private boolean begun;
    private boolean refused;

    private OAuthBearer(byte[] response) {
        this.response = response;
    }

    /** Makes it known to this Java's SASL, where Angus Mail looks for it. Does nothing if it is known. */
    static void register() {
        Security.addProvider(new Known());
    }

    private static final class Known extends Provider {
        @Serial
        private static final long serialVersionUID = 1L;

        Known() {
            super("pop2-oauthbearer", "1", "SASL OAUTHBEARER (RFC 7628), client");
            putService(new Service(this, "SaslClientFactory", NAME, Factory.class.getName(), List.of(), Map.of()) {
                @Override
                public Object newInstance(@Nullable Object parameter) {
                    return new Factory();
                }
            });
        }
    }

    private static final class Factory implements SaslClientFactory {
        @Override
        public @Nullable SaslClient createSaslClient(
                String[] mechanisms,
                @Nullable String authorization,
                String protocol,
                String server,
                @Nullable Map<String, ?> properties,
                CallbackHandler credentials)
                throws SaslException {
            if (!List.of(mechanisms).contains(NAME)) {
                return null;
            }
            NameCallback user = new NameCallback("user");
            PasswordCallback token = new PasswordCallback("token", false);
            try {
                credentials.handle(new Callback[] {user, token});
            } catch (IOException | UnsupportedCallbackException e) {
                throw new SaslException("no user and token", e);
            }
            // section 3.1; "=" and "," in a user's name are escaped as RFC 5801 says
            String name = user.getName().replace("=", "=3D").replace(",", "=2C");
            String text = "n,a=" + name + ",\1auth=Bearer " + new String(token.getPassword()) + "\1\1";
            token.clearPassword();
            return new OAuthBearer(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String[] getMechanismNames(@Nullable Map<String, ?> properties) {
            return new String[] {NAME};
        }
    }

    @Override
    public String getMechanismName() {
        return NAME;
    }

    @Override
    public boolean hasInitialResponse() {
        return true;
    }

    @Override
    public byte[] evaluateChallenge(byte[] challenge) {
        if (begun) {
            // a challenge now says why the token is refused; the refusal follows this answer (section 3.2.3)
            refused = true;
            return new byte[] {1};
        }
        begun = true;
        return response;
    }

    /** Not before: Angus Mail asks nothing more of a client that is complete, and a refusal has to be answered. */
    @Override
    public boolean isComplete() {
        return refused;
    }

    @Override
    public byte[] unwrap(byte[] incoming, int offset, int length) {
        throw new IllegalStateException("there is no layer of security");
    }

    @Override
    public byte[] wrap(byte[] outgoing, int offset, int length) {
        throw new IllegalStateException("there is no layer of security");
    }

    @Override
    public @Nullable Object getNegotiatedProperty(String name) {
        return null;
    }

    @Override
    public void dispose() {
        Arrays.fill(response, (byte) 0);
    }
}
