package org.pop2.example;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.auth.Login;
import org.pop2.auth.Verdict;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A login by a bind to an LDAP directory, to start from: who may bind there may read mail here. */
final class LdapLogin implements Login {
    private static final int CONNECT_MILLIS = 5_000;

    private final String host;
    private final int port;
    private final DN people;

    /** @param people below whom users are, by {@code uid} */
    LdapLogin(String host, int port, DN people) {
        this.host = host;
        this.port = port;
        this.people = people;
    }

    @Override
    public Publisher<Verdict> login(String user, Secret secret, @Nullable InetAddress peer) {
        Optional<UserName> name = UserName.of(user);
        return name.isEmpty()
                ? Mono.just(Verdict.REFUSED)
                // a bind blocks
                : Mono.fromCallable(() -> bind(name.get(), secret)).subscribeOn(Schedulers.boundedElastic());
    }

    private Verdict bind(UserName user, Secret secret) throws LDAPException {
        byte[] password = secret.octets();
        if (password.length == 0) {
            // RFC 4513, 5.1.2: a bind without a password succeeds, as nobody
            return Verdict.REFUSED;
        }
        LDAPConnectionOptions options = new LDAPConnectionOptions();
        options.setConnectTimeoutMillis(CONNECT_MILLIS);
        // made of parts, never of text: a name must not reach out of where users are
        DN dn = new DN(new RDN("uid", user.value()), people);
        try (LDAPConnection connection = new LDAPConnection(options, host, port)) {
            connection.bind(new SimpleBindRequest(dn, password));
            return Verdict.accepted(user);
        } catch (LDAPException e) {
            if (e.getResultCode().equals(ResultCode.INVALID_CREDENTIALS)) {
                return Verdict.REFUSED;
            }
            // the directory's failure is nobody's wrong password
            throw e;
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }
}
