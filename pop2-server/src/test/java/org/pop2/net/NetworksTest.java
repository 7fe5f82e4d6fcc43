package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworksTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.1.2.3/8, 10.9.9.9, true",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 203.0.113.9, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "10.0.0.0/8, ::ffff:10.0.0.1, true"
    })
    void contain(String network, String address, boolean contained) throws Exception {
        assertThat(Networks.of(List.of(network)).contain(new InetSocketAddress(InetAddress.getByName(address), 1)))
                .isEqualTo(contained);
    }

    @Test
    void anAddressThatIsNoneIsInNoNetwork() {
        Networks all = Networks.of(List.of("0.0.0.0/0", "::/0"));
        assertThat(all.contain(null)).isFalse();
        assertThat(all.contain(InetSocketAddress.createUnresolved("10.0.0.1", 1)))
                .isFalse();
        assertThat(Networks.NONE.isEmpty()).isTrue();
        assertThat(all).hasToString("0.0.0.0/0, ::/0").isEqualTo(Networks.of(List.of("0.0.0.0/0", "::/0")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "localhost", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::1/129", "fe80::1%lo"})
    void whatIsNoNetworkIsRefused(String network) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Networks.of(List.of(network)))
                .withMessageContaining("expected IP addresses or networks");
    }
}
