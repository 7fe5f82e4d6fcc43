package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuotaTest {
    private static final UserName POSTEL = new UserName("postel");

    @Test
    void allowsWhatFitsExactly() {
        Quota quota = new Quota(2, 100);
        assertThat(quota.allows(2, 100)).isTrue();
        assertThat(quota.allows(3, 100)).isFalse();
        assertThat(quota.allows(2, 101)).isFalse();
        assertThat(new Quota(0, 100).allows(Long.MAX_VALUE, 100)).isTrue();
        assertThat(new Quota(2, 0).allows(2, Long.MAX_VALUE)).isTrue();
        assertThat(Quota.UNLIMITED.allows(Long.MAX_VALUE, Long.MAX_VALUE)).isTrue();
    }

    @Test
    void whatDoesNotFitIsOverQuota() {
        new Quota(2, 100).require(POSTEL, 2, 100);
        assertThatThrownBy(() -> new Quota(2, 0).require(POSTEL, 3, 7))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.OVER_QUOTA))
                .hasMessage("over quota: with this message user postel would have 3 messages of 7 octets; allowed are 2"
                        + " messages, unlimited octets");
    }

    @Test
    void isNotNegative() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Quota(-1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new Quota(0, -1));
    }

    @ParameterizedTest
    @CsvSource({
        "*:storage=100M, 0, 104857600",
        "*:storage=7, 0, 7168",
        "*:storage=2k:messages=5, 5, 2048",
        "*:bytes=10, 0, 10",
        "*:bytes=1G, 0, 1073741824",
        "*:messages=1000, 1000, 0",
        "*:storage=0, 0, 0",
        "*:bytes=9223372036854775807:messages=9223372036854775807, 9223372036854775807, 9223372036854775807"
    })
    void readsDovecotsRules(String rule, long messages, long octets) {
        Quota quota = new Quota(messages, octets);
        assertThat(Quota.ofRule(rule)).contains(quota);
        assertThat(Quota.ofRule(quota.rule())).contains(quota);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "*:",
                "Trash:storage=100M",
                "*:ignore",
                "*:storage=10%",
                "*:storage=-1",
                "*:storage=+10M",
                "*:bytes=9223372036854775808",
                "*:storage=9999999999999999T",
                "*:messages=10k",
                "*:storage=1:what=2"
            })
    void anyOtherRuleIsNone(String rule) {
        assertThat(Quota.ofRule(rule)).isEmpty();
    }
}
