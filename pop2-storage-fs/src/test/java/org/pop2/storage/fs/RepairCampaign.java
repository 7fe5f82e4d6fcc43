package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;

/**
 * Cuts repairs at every changing call, as {@link CrashMatrix} does releases: afterwards the mailbox is as it was, but
 * for line feeds at its end, or repaired; all mail that came since is there; and whatever was changed is kept.
 */
final class RepairCampaign {
    private static final String ONE = "Subject: one\n\nhello\n\n";
    private static final String NUL = "\0".repeat(3000);
    private static final String FROM = "From a@example.org Mon Feb  4 10:00:00 1985\n";

    private record Damage(String name, String before, String after) {}

    private static final List<Damage> DAMAGES = List.of(
            new Damage(
                    "longer",
                    "From a@example.org 1985-02-04T10:00:00Z\n" + ONE + FROM + ONE + "From - Mon Feb 4 1985 10:00:00\n"
                            + ONE.repeat(200),
                    FROM + ONE + FROM + ONE + "From MAILER-DAEMON Mon Feb  4 10:00:00 1985\n" + ONE.repeat(200)),
            new Damage("shorter", NUL + FROM + ONE.repeat(300), FROM + ONE.repeat(300)),
            new Damage("a little shorter", "\n\n" + FROM + ONE.repeat(300), FROM + ONE.repeat(300)),
            new Damage("unfinished", FROM + ONE + "no end", FROM + ONE + "no end\n"));

    private final CrashMatrix.Mutation mutation;
    private final Random random;
    private int cuts;

    RepairCampaign(CrashMatrix.Mutation mutation, Random random) {
        this.mutation = mutation;
        this.random = random;
    }

    int cuts() {
        return cuts;
    }

    /** The first thing that was wrong. */
    Optional<String> run() throws IOException {
        for (Damage damage : DAMAGES) {
            SimulatedDisk whole = disk(damage);
            new CrashMatrix.Server(whole).repair(CrashMatrix.ALICE);
            long calls = whole.steps().size();
            for (long at = 1; at <= calls + 1; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (CrashMatrix.End end : CrashMatrix.End.values()) {
                        cuts++;
                        String wrong = run(damage, at, how, end);
                        if (wrong != null) {
                            return Optional.of(damage.name() + ", call " + at + ", " + how + ", " + end + ": " + wrong);
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static SimulatedDisk disk(Damage damage) {
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(CrashMatrix.ALICE.file(), octets(damage.before()));
        disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        return disk;
    }

    private @Nullable String run(Damage damage, long at, SimulatedDisk.Cut how, CrashMatrix.End end)
            throws IOException {
        Path file = CrashMatrix.ALICE.file();
        SimulatedDisk disk = disk(damage);
        disk.killAt(at, how);
        boolean acknowledged = false;
        try {
            new CrashMatrix.Server(mutation.over(disk, 0)).repair(CrashMatrix.ALICE);
            acknowledged = true;
        } catch (SimulatedDisk.Dead e) {
            // as it should be
        }
        if (end == CrashMatrix.End.POWER) {
            disk.losePower(random);
        } else {
            disk.restart();
        }
        // one that finds an unfinished line would not add to it so
        boolean mail = random.nextBoolean() && damage.before().endsWith("\n");
        String later = mail ? FROM + "Subject: later\n\nx\n\n" : "";
        disk.append(file, octets(later));
        disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        CrashMatrix.Server server = new CrashMatrix.Server(mutation.over(disk, 1));
        try {
            server.recover(CrashMatrix.ALICE);
        } catch (StoreException e) {
            if (e.reason() != StoreException.Reason.CORRUPT) {
                throw e;
            }
        }
        String found = text(disk.content(file));
        boolean old = found.endsWith(later) && isOld(found.substring(0, found.length() - later.length()), damage, mail);
        boolean repaired = found.equals(damage.after() + later);
        if (!repaired && (acknowledged || !old)) {
            return acknowledged
                    ? "what was acknowledged is undone"
                    : "neither old nor new: " + found.length() + " octets";
        }
        if (!found.equals(damage.before() + later) && kept(disk, damage) == 0) {
            return "what was there is not kept";
        }
        if (!disk.names(CrashMatrix.JOURNALS).isEmpty()) {
            return "left: " + disk.names(CrashMatrix.JOURNALS);
        }
        server.repair(CrashMatrix.ALICE);
        String again = text(disk.content(file));
        return again.replaceAll("\n+$", "\n").equals((damage.after() + later).replaceAll("\n+$", "\n"))
                        || (mail && again.endsWith(later))
                ? null
                : "a second repair does not end it";
    }

    /** Holes that power left in the line feeds stay where mail stands behind them. */
    private static boolean isOld(String found, Damage damage, boolean mail) {
        return found.startsWith(damage.before())
                && found.substring(damage.before().length()).matches(mail ? "[\n\0]*" : "\n*");
    }

    private static long kept(SimulatedDisk disk, Damage damage) {
        return disk.names(CrashMatrix.MAIL).stream()
                .filter(name -> name.endsWith(".original"))
                .filter(name -> Arrays.equals(disk.content(CrashMatrix.MAIL.resolve(name)), octets(damage.before())))
                .count();
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }
}
