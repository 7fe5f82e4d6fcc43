package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreSettingsTest {
    private static final Path INSTANCE = Path.of("/srv/pop2d");

    @Test
    void textIsWhatWasWritten() {
        StoreSettings settings = settings("inbox", " {user} ");
        assertThat(settings.text("inbox")).isEqualTo(" {user} ");
        assertThat(settings.find("inbox")).contains(" {user} ");
    }

    @Test
    void absentAndEmptyAreTheSame() {
        StoreSettings settings = settings("empty", "");
        for (String name : new String[] {"empty", "absent"}) {
            assertThat(settings.find(name)).isEmpty();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> settings.text(name))
                    .withMessage(name + ": is missing");
            assertThatIllegalArgumentException().isThrownBy(() -> settings.flag(name));
            assertThatIllegalArgumentException().isThrownBy(() -> settings.number(name, 0, 9));
            assertThatIllegalArgumentException().isThrownBy(() -> settings.duration(name));
            assertThatIllegalArgumentException().isThrownBy(() -> settings.path(name));
        }
    }

    @Test
    void missingNumberIsSaidToBeMissing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("x", "").number("x", 0, 9))
                .withMessage("x: is missing");
    }

    @Test
    void flagIsTrueOrFalse() {
        assertThat(settings("x", "true").flag("x")).isTrue();
        assertThat(settings("x", "false").flag("x")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "TRUE", "1", " true"})
    void anythingElseIsNoFlag(String written) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("x", written).flag("x"))
                .withMessage("x: expected true or false");
    }

    @Test
    void boundsOfADurationAreInclusiveAndNamed() {
        Duration least = Duration.ofSeconds(1);
        Duration most = Duration.ofHours(1);
        assertThat(settings("x", "1s").duration("x", least, most)).isEqualTo(least);
        assertThat(settings("x", "1h").duration("x", least, most)).isEqualTo(most);
        for (String written : new String[] {"999ms", "61m"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> settings("x", written).duration("x", least, most))
                    .withMessage("x: expected a duration from 1000ms to 60m");
        }
    }

    @Test
    void whatWasNotWrittenGetsItsDefault() {
        StoreSettings all = settings("x", "1")
                .withDefaults(List.of(
                        new MailStoreProvider.Setting("x", "2", "One."),
                        new MailStoreProvider.Setting("y", "3", "Another.")));
        assertThat(all.text("x")).isEqualTo("1");
        assertThat(all.text("y")).isEqualTo("3");
        assertThat(all.directory()).isEqualTo(settings("x", "1").directory());
    }

    @Test
    void boundsOfANumberAreInclusive() {
        assertThat(settings("x", "3").number("x", 3, 5)).isEqualTo(3);
        assertThat(settings("x", "5").number("x", 3, 5)).isEqualTo(5);
        assertThat(settings("x", "-7").number("x", -7, 5)).isEqualTo(-7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "6", "x", "3.5", "4 ", "99999999999"})
    void numberOutOfBoundsNamesTheSettingAndTheBounds(String written) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("pool", written).number("pool", 3, 5))
                .withMessage("pool: expected a number from 3 to 5");
    }

    @ParameterizedTest
    @CsvSource({
        "0s,PT0S",
        "250ms,PT0.25S",
        "30s,PT30S",
        "5m,PT5M",
        "2h,PT2H",
        "7d,P7D",
        "30 s,PT30S",
        "10 minutes,PT10M",
        "1 hour,PT1H",
        "1 day,P1D",
        "5 seconds,PT5S",
        "20 millis,PT0.02S"
    })
    void durationHasAUnit(String written, Duration expected) {
        assertThat(settings("wait", written).duration("wait")).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"30", "s", "-1s", "1.5s", "1w", "s30", "30sec", "9223372036854775807d", "99999999999999999999s"})
    void anythingElseIsNoDuration(String written) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("wait", written).duration("wait"))
                .withMessageStartingWith("wait: expected a duration such as 30s");
    }

    @Test
    void pathIsResolvedAgainstTheInstance() {
        assertThat(settings("x", "var/../mail").path("x")).isEqualTo(INSTANCE.resolve("mail"));
        assertThat(settings("x", "/var/mail").path("x")).isEqualTo(Path.of("/var/mail"));
    }

    @Test
    void directoryIsAbsolute() {
        StoreSettings settings = new StoreSettings(Map.of(), HoldPolicy.DEFAULT, Path.of("a/../b"));
        assertThat(settings.directory()).isEqualTo(Path.of("b").toAbsolutePath());
        assertThat(settings.holdPolicy()).isEqualTo(HoldPolicy.DEFAULT);
    }

    @Test
    void valuesAreCopied() {
        Map<String, String> written = new HashMap<>(Map.of("x", "1"));
        StoreSettings settings = new StoreSettings(written, HoldPolicy.DEFAULT, INSTANCE);
        written.put("x", "2");
        assertThat(settings.text("x")).isEqualTo("1");
    }

    @Test
    void printsNamesOnly() {
        assertThat(new StoreSettings(Map.of("url", "r2dbc:x", "password", "geheim"), HoldPolicy.DEFAULT, INSTANCE))
                .hasToString("StoreSettings[password, url]");
    }

    private static StoreSettings settings(String name, String value) {
        return new StoreSettings(Map.of(name, value), HoldPolicy.DEFAULT, INSTANCE);
    }
}
