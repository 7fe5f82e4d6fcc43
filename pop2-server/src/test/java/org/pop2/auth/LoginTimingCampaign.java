package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;

/**
 * What a patient client with a good clock learns of a user name: nothing. Measures refusals through the server, of a
 * user that exists and of names that nobody has, in turns, and compares them by the test of Mann and Whitney, which
 * asks how often the one takes longer than the other and is not fooled by a few that took very long.
 *
 * <p>Long; run by {@code -Ptiming}. That the same work is done, always, is a test of its own.
 */
class LoginTimingCampaign {
    /** In standard deviations. One in 16,000 comparisons of equal times is further out. */
    private static final double LIMIT = 4;

    private final int pairs = Integer.getInteger("pop2.timing.pairs", 2000);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "small Argon2id | {ARGON2ID}$argon2id$v=19$m=256,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$hsgM6DCPwsb3+diyKvw0spjcJlAqfwRODeeKu/VDUK8",
                "bcrypt | {BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
                "default | "
            })
    void unknownUserTakesAsLongAsAWrongPassword(String name, String hash) {
        long seed = Long.getLong("pop2.timing.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String stored = hash == null ? Passwords.hash(org.pop2.protocol.Secret.of(new byte[] {1, 2, 3})) : hash;
        MemoryMailStore store = MemoryMailStore.create().account("postel00", stored);
        Authenticator.Settings logins =
                Authenticator.Settings.defaults().withPenalty(false).withRehash(false);
        double[] known = new double[pairs];
        double[] unknown = new double[pairs];
        try (TestServer server = TestServer.over(store, settings -> settings, logins)) {
            for (int i = 0; i < 50; i++) {
                millis(server, "postel00", random);
                millis(server, "nobody" + (i % 90 + 10), random);
            }
            for (int i = 0; i < pairs; i++) {
                String nobody = "nobody" + (random.nextInt(90) + 10);
                if (random.nextBoolean()) {
                    known[i] = millis(server, "postel00", random);
                    unknown[i] = millis(server, nobody, random);
                } else {
                    unknown[i] = millis(server, nobody, random);
                    known[i] = millis(server, "postel00", random);
                }
            }
        }
        double z = z(known, unknown);
        // were unknown users a quarter slower: would it be seen?
        double power = z(known, Arrays.stream(unknown).map(t -> t * 1.25).toArray());
        System.out.printf(
                Locale.ROOT,
                "%s: %d pairs, medians %.3f and %.3f ms, z = %.2f; with 25 %% more, z = %.2f%n",
                name,
                pairs,
                median(known),
                median(unknown),
                z,
                power);

        assertThat(Math.abs(power))
                .as("the measurement is able to see a difference of a quarter")
                .isGreaterThan(LIMIT);
        assertThat(Math.abs(z))
                .as("standard deviations between known and unknown")
                .isLessThan(LIMIT);
    }

    private static double millis(TestServer server, String user, Random random) {
        String line = "HELO " + user + " wrong" + (random.nextInt(9000) + 1000) + "\r\n";
        try (Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            long start = System.nanoTime();
            wire.send(line);
            wire.expect("- login failed");
            return (System.nanoTime() - start) / 1e6;
        }
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** How far the sum of ranks is from what chance makes of equal times, in standard deviations. */
    private static double z(double[] a, double[] b) {
        double[] all = new double[a.length + b.length];
        System.arraycopy(a, 0, all, 0, a.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        Arrays.sort(all);
        double ranks = 0;
        for (double each : a) {
            // times to the nanosecond: ties are too rare to matter
            ranks += Arrays.binarySearch(all, each) + 1;
        }
        double n = a.length;
        double m = b.length;
        double mean = n * (n + m + 1) / 2;
        return (ranks - mean) / Math.sqrt(n * m * (n + m + 1) / 12);
    }
}
