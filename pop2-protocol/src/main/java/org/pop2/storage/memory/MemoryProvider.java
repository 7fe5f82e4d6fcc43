package org.pop2.storage.memory;

import java.util.List;
import org.pop2.storage.Account;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.storage.support.Flows;
import org.reactivestreams.Publisher;

/** The storage of type {@code memory}: each opening has accounts and mail of its own, and forgets them when closed. */
public final class MemoryProvider implements MailStoreProvider {
    private static final String PASSWORDS = "passwords";

    /** For {@link java.util.ServiceLoader}. */
    public MemoryProvider() {}

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public List<Setting> settings() {
        return List.of(new Setting(
                PASSWORDS,
                "",
                "Who has an account, as `name:{SCHEME}hash`, with spaces between. Accounts and mail are in memory: a"
                        + " server begins with these users and no mail, and when it stops all is gone. Other commands"
                        + " refuse to work on it."));
    }

    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public Publisher<MailStore> open(StoreSettings settings) {
        List<Account> accounts = settings.find(PASSWORDS).stream()
                .flatMap(text -> List.of(text.strip().split("\\s+")).stream())
                .map(MemoryProvider::account)
                .toList();
        if (accounts.stream().map(Account::user).distinct().count() < accounts.size()) {
            throw new IllegalArgumentException(PASSWORDS + ": a name is there twice");
        }
        return Flows.list(MemoryMailStore.AT_ONCE, () -> {
            MemoryData data = new MemoryData();
            accounts.forEach(data::put);
            return List.of(MemoryMailStore.over(data, settings.holdPolicy(), settings.quota()));
        });
    }

    private static Account account(String text) {
        int colon = text.indexOf(':');
        try {
            return new Account(new UserName(text.substring(0, Math.max(0, colon))), text.substring(colon + 1), true);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(PASSWORDS + ": expected name:{SCHEME}hash, with spaces between", e);
        }
    }
}
