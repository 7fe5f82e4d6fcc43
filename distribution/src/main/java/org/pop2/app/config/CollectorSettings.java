package org.pop2.app.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/**
 * Settings of an account at a provider.
 *
 * @param name of the block
 * @param user who gets it
 * @param folder where
 * @param from the account
 * @param passwordFile its first line is the password
 * @param tokenCommand prints an OAuth 2 access token; empty: there is a password
 * @param every how often it is looked for mail, at least
 * @param plan which messages, and what becomes of them there
 * @param authorities who vouches for the provider; nothing: whom Java trusts
 * @param clearText whether the password may go over the network in clear
 */
public record CollectorSettings(
        String name,
        UserName user,
        FolderName folder,
        SourceAddress from,
        Optional<Path> passwordFile,
        String tokenCommand,
        Duration every,
        FetchPlan plan,
        Optional<Path> authorities,
        boolean clearText) {

    /** The name of this account's ledger; another account, or user, has another ledger. */
    public String ledger() {
        String what = from.scheme().protocol().toLowerCase(Locale.ROOT);
        // with TLS or without is the same mailbox; at another port there may be another server
        String port = from.port() == from.scheme().port() ? "" : ":" + from.port();
        String all =
                String.join("\0", what, from.host() + port, from.user(), from.folder(), user.value(), folder.value());
        return "collect-" + UUID.nameUUIDFromBytes(all.getBytes(StandardCharsets.UTF_8));
    }
}
