package org.pop2.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.protocol.State;
import org.pop2.server.ServerObserver;
import org.pop2.server.ServerObserver.Login;
import org.pop2.server.SessionView;
import org.pop2.storage.Quota;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;

/** The parts of the listener for operators, one by one. */
class PiecesTest {
    private static final String HOSTILE = "<script>alert('1')</script>\"&\u202e\u0000\n\u2028";

    @Test
    void hostileTextIsHarmlessOnAPage() {
        assertThat(Html.escape(HOSTILE)).isEqualTo("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;????");
        assertThat(Html.escape("Jürgen 邮件 🙂")).isEqualTo("Jürgen 邮件 🙂");
    }

    @Test
    void everyCellOfTheSessionsIsEscaped() {
        StringBuilder out = new StringBuilder();
        Lists.sessions(
                List.of(new SessionView(
                        1,
                        HOSTILE,
                        HOSTILE,
                        true,
                        Optional.of(new UserName("postel")),
                        State.ITEM,
                        Optional.of(HOSTILE),
                        1,
                        2,
                        3,
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(5))),
                1,
                out);
        assertThat(out).doesNotContain("<script").contains("&lt;script&gt;").contains("postel");
        out.setLength(0);
        Lists.logins(List.of(new RecentLogins.Entry(Instant.EPOCH, new UserName("postel"), HOSTILE)), out);
        Lists.refusals(List.of(new RecentRefusals.Entry(Instant.EPOCH, HOSTILE, HOSTILE, 1)), out);
        assertThat(out).doesNotContain("<script").contains("00:00:00");
    }

    @Test
    void jsonIsAsciiAndHarmlessInAPage() {
        assertThat(Json.of(Map.of("a", HOSTILE)))
                .isEqualTo("{\"a\":\"\\u003cscript\\u003ealert('1')\\u003c/script\\u003e\\\"\\u0026\\u202e\\u0000\\n"
                        + "\\u2028\"}\n");
        assertThat(Json.of(List.of(1, true, Map.of(), List.of("x")))).isEqualTo("[1,true,{},[\"x\"]]\n");
        assertThat(Json.of("\ud83d\ude42 \ud800 \u007f")).isEqualTo("\"\\ud83d\\ude42 \\ud800 \\u007f\"\n");
    }

    @Test
    void whatJsonDoesNotKnowIsNoJsonAndEndsAtOnce() {
        // an Iterable of itself
        assertThatThrownBy(() -> Json.of(Map.of("file", Path.of("trace"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theGraphIsBoundedAndDrawnFromDifferences() {
        Samples samples = new Samples();
        for (int i = 1; i <= Samples.MOST + 10; i++) {
            samples.add(1000L * i, i, 1);
        }
        assertThat(samples.all()).hasSize(Samples.MOST).containsOnly(new Samples.Sample(1000, 1, 1));
        StringBuilder out = new StringBuilder();
        Charts.of(samples.all(), out);
        assertThat(out)
                .contains("Octets a second in the last 60 min, at most 100\"")
                .contains("Messages a minute in the last 60 min, at most 6\"")
                .contains("V2.0")
                .doesNotContain("NaN");
        out.setLength(0);
        Charts.of(List.of(), out);
        assertThat(out).doesNotContain("NaN").contains("at most 0");
    }

    @Test
    void onlyTheLastLoginsAreKept() {
        RecentLogins recent = new RecentLogins(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
        for (int i = 0; i < 2 * RecentLogins.MOST; i++) {
            recent.add(new UserName("postel"), "192.0.2.1:" + i);
        }
        assertThat(recent.latest()).hasSize(RecentLogins.MOST);
        assertThat(recent.latest().get(0).address()).isEqualTo("192.0.2.1:" + (2 * RecentLogins.MOST - 1));
    }

    @Test
    void whoIsTurnedAwayAgainAndAgainDoesNotPushOutTheOthers() {
        RecentRefusals recent = new RecentRefusals(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
        recent.add("one", "[2001:db8::1]:1");
        for (int i = 0; i < 1000; i++) {
            recent.add("one", "192.0.2.1:" + i);
        }
        recent.add("two", "192.0.2.1");
        assertThat(recent.latest())
                .extracting(RecentRefusals.Entry::reason, RecentRefusals.Entry::host, RecentRefusals.Entry::count)
                .containsExactly(
                        Tuple.tuple("two", "192.0.2.1", 1L),
                        Tuple.tuple("one", "192.0.2.1", 1000L),
                        Tuple.tuple("one", "[2001:db8::1]", 1L));
        for (int i = 0; i < 1000; i++) {
            recent.add("many", "host-" + i + ":1");
        }
        assertThat(recent.latest()).hasSize(RecentRefusals.MOST);
        assertThat(recent.latest().get(0).host()).isEqualTo("host-999");
    }

    @Test
    void everyReasonHasWords() {
        for (ServerObserver.Refusal why : ServerObserver.Refusal.values()) {
            assertThat(Reasons.of(why)).isNotBlank();
        }
        for (Login why : Login.values()) {
            if (why != Login.ACCEPTED) {
                assertThat(Reasons.of(why)).isNotBlank();
            }
        }
    }

    @Test
    void numbersAreWrittenForPeople() {
        assertThat(PageText.octets(0)).isEqualTo("0 B");
        assertThat(PageText.octets(1023)).isEqualTo("1,023 B");
        assertThat(PageText.octets(1024)).isEqualTo("1.0 KiB");
        assertThat(PageText.octets(10 * 1024)).isEqualTo("10 KiB");
        assertThat(PageText.octets(1024 * 1024 - 1)).isEqualTo("1.0 MiB");
        assertThat(PageText.octets(Long.MAX_VALUE)).isEqualTo("8,388,608 TiB");
        assertThat(PageText.duration(Duration.ofSeconds(119))).isEqualTo("119 s");
        assertThat(PageText.duration(Duration.ofMinutes(119))).isEqualTo("119 min");
        assertThat(PageText.duration(Duration.ofHours(47))).isEqualTo("47 h");
        assertThat(PageText.duration(Duration.ofDays(3))).isEqualTo("3 days");
        assertThat(Lists.share(new Usage(1, 1, Quota.UNLIMITED))).isEqualTo("-");
        assertThat(Lists.share(new Usage(9, 50, new Quota(10, 1000)))).isEqualTo("90 %");
        assertThat(Lists.share(new Usage(0, 500, new Quota(0, 1000)))).isEqualTo("50 %");
    }

    @Test
    void aTokenIsLongAndSecretAndInAFileThatNotEverybodyReads(@TempDir Path directory) throws Exception {
        assertThatThrownBy(() -> AccessToken.of("short")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> AccessToken.of("sixteen characters")).isInstanceOf(IllegalArgumentException.class);
        Path file = Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> AccessToken.in(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can be read by everybody");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        AccessToken token = AccessToken.in(file);
        assertThat(token.is("0123456789abcdef")).isTrue();
        assertThat(token.is("0123456789abcdeF")).isFalse();
        assertThat(token).hasToString("***");
        Files.writeString(file, "");
        assertThatThrownBy(() -> AccessToken.in(file)).isInstanceOf(IOException.class);
    }
}
