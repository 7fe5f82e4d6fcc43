package org.pop2.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import org.junit.jupiter.api.Test;

class ResultTest {
    @Test
    void aResultIsOneLineOfJson() {
        String json = new Result(Scenario.DELETE, 8, 1, 2.5, 1000, 5_000_000, 0.12345, 1e-7, 12, 3, "\"told\"").json();

        assertThat(json).doesNotContain("\n", "E").startsWith("{\"scenario\":\"delete\",\"concurrency\":8,");
        Config read =
                ConfigFactory.parseString(json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
        assertThat(read.getDouble("perSecond")).isEqualTo(400);
        assertThat(read.getDouble("megabytesPerSecond")).isEqualTo(2);
        assertThat(read.getDouble("medianMillis")).isEqualTo(0.1235);
        assertThat(read.getDouble("p99Millis")).isZero();
        assertThat(read.getLong("octets")).isEqualTo(5_000_000);
        assertThat(read.getInt("errors")).isEqualTo(3);
    }
}
