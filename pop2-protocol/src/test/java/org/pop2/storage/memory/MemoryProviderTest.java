package org.pop2.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class MemoryProviderTest {
    private static final UserName SMITH = new UserName("smith");

    private static MailStore open(String passwords, Quota quota) {
        MailStoreProvider provider = MailStoreProvider.named("memory");
        StoreSettings settings = new StoreSettings(
                        Map.of("passwords", passwords), HoldPolicy.DEFAULT, Path.of("."), quota)
                .withDefaults(provider.settings());
        return Objects.requireNonNull(Mono.from(provider.open(settings)).block());
    }

    private static void deliver(MailStore store, String text) {
        Message message = Message.of(Mono.just(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII))));
        Mono.from(store.deliver(SMITH, FolderName.INBOX, message)).block();
    }

    @Test
    void itBeginsWithTheUsersThatAreNamed() {
        MailStore store = open("smith:{PLAIN}se:cret  jones:{PLAIN}x", Quota.UNLIMITED);

        assertThat(Flux.from(store.accounts().list()).toIterable())
                .containsExactly(
                        new Account(new UserName("jones"), "{PLAIN}x", true),
                        new Account(SMITH, "{PLAIN}se:cret", true));
    }

    @Test
    void whatIsNoUserIsRefusedWithTheNameOfTheSetting() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open("smith", Quota.UNLIMITED))
                .withMessage("passwords: expected name:{SCHEME}hash, with spaces between");
    }

    @Test
    void eachOpeningHasItsOwn() {
        deliver(open("smith:{PLAIN}x", Quota.UNLIMITED), "one");

        assertThat(Flux.from(open("smith:{PLAIN}x", Quota.UNLIMITED).folders(SMITH))
                        .toIterable())
                .isEmpty();
    }

    @Test
    void theQuotaForAllHolds() {
        MailStore store = open("smith:{PLAIN}x", new Quota(1, 0));
        deliver(store, "one");

        assertThatThrownBy(() -> deliver(store, "two"))
                .isInstanceOfSatisfying(
                        StoreException.class,
                        error -> assertThat(error.reason()).isEqualTo(StoreException.Reason.OVER_QUOTA));
    }
}
