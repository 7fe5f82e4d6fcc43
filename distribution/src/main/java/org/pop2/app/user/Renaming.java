package org.pop2.app.user;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.pop2.storage.Account;
import org.pop2.storage.Quota;
import org.pop2.storage.UserName;

/**
 * How far a user has been renamed, noted in place of the password hash of the account under the new name: no password
 * is right for it, so nobody logs in before all mail is there. First {@code {RENAMING}OLD}; when the mail is moved, the
 * account as it was follows, so that the one under the old name can go. Names are in hexadecimal.
 *
 * @param from the old name
 * @param moved the account under its new name, once it is noted
 */
record Renaming(UserName from, Optional<Account> moved) {
    private static final String SCHEME = "{RENAMING}";

    /** The account under the new name to begin with. It takes mail, whatever the quota says. */
    static Account begun(UserName from, UserName to) {
        return new Account(to, SCHEME + hex(from), false, Optional.of(Quota.UNLIMITED));
    }

    /** The same, with the account that the user is to have. */
    static Account accountMoved(Account account, UserName to) {
        String quota = account.quota().map(Quota::rule).orElse("-");
        return new Account(
                to,
                SCHEME + hex(account.user()) + " " + (account.enabled() ? "enabled" : "disabled") + " " + quota + " "
                        + account.passwordHash(),
                false,
                Optional.of(Quota.UNLIMITED));
    }

    /** What is noted in an account, if a user is being renamed to it. */
    static Optional<Renaming> of(Account account) {
        if (!account.passwordHash().startsWith(SCHEME)) {
            return Optional.empty();
        }
        String[] words = account.passwordHash().substring(SCHEME.length()).split(" ", 4);
        Optional<UserName> from = UserName.of(new String(HexFormat.of().parseHex(words[0]), StandardCharsets.UTF_8));
        return from.map(name -> new Renaming(
                name,
                words.length < 4
                        ? Optional.empty()
                        : Optional.of(new Account(
                                account.user(),
                                words[3],
                                words[1].equals("enabled"),
                                words[2].equals("-") ? Optional.empty() : Quota.ofRule(words[2])))));
    }

    private static String hex(UserName name) {
        return HexFormat.of().formatHex(name.value().getBytes(StandardCharsets.UTF_8));
    }
}
