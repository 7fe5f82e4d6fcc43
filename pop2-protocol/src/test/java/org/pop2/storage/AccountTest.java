package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountTest {
    private static final UserName POSTEL = new UserName("postel");

    @Test
    void hashIsNotPrinted() {
        assertThat(new Account(POSTEL, "{PLAIN}geheim", true))
                .hasToString("Account[user=postel, passwordHash=***, enabled=true, quota=default]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", " {PLAIN}a", "{PLAIN}a ", "{PLAIN}a\n", "{PLAIN}\0", "{PLAIN}\u007f", "{PLAIN}\u00e4"})
    void hashIsPrintableAscii(String hash) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Account(POSTEL, hash, true))
                .withMessage("not a password hash");
    }

    @Test
    void hashIsBounded() {
        String longest = "h".repeat(Account.MAX_HASH_LENGTH);
        assertThat(new Account(POSTEL, longest, false).passwordHash()).isEqualTo(longest);
        assertThatIllegalArgumentException().isThrownBy(() -> new Account(POSTEL, longest + "h", false));
    }
}
