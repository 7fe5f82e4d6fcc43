package org.pop2.bench;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Version;

/**
 * Runs the benchmarks on the class path with JMH. Each module of a build gets a table
 * {@code target/benchmarks/RUN/MODULE.md} and JMH's JSON beside it; {@code target/benchmarks.md} has the tables of all
 * modules of that run, and whatever others have put beside them.
 */
public final class Benchmarks {

    private Benchmarks() {}

    /**
     * Runs them.
     *
     * @param args target directory of the root; name of the run; name of the module; regular expression of benchmarks;
     *     options of JMH, separated by spaces, or nothing. Of the first two only: puts the tables together
     */
    public static void main(String[] args) throws IOException, RunnerException, CommandLineOptionException {
        Path target = Path.of(args[0]);
        if (args.length == 2) {
            Path tables = Files.createDirectories(target.resolve("benchmarks").resolve(args[1]));
            Files.writeString(target.resolve("benchmarks.md"), all(args[1], tables));
            return;
        }
        String module = args[2];
        String[] options =
                args.length > 4 && !args[4].isBlank() ? args[4].strip().split(" +") : new String[0];
        Path directory = Files.createDirectories(target.resolve("benchmarks").resolve(args[1]));
        CommandLineOptions given = new CommandLineOptions(options);
        if (given.shouldHelp()) {
            given.showHelp();
            return;
        }
        Collection<RunResult> results;
        try {
            ChainedOptionsBuilder wanted = new OptionsBuilder()
                    .parent(given)
                    .include(args[3])
                    .addProfiler(GCProfiler.class)
                    .shouldFailOnError(true)
                    .resultFormat(ResultFormatType.JSON)
                    .result(directory.resolve(module + ".json").toString());
            othersOf(args[3]).forEach(wanted::exclude);
            results = new Runner(wanted.build()).run();
        } catch (NoBenchmarksException none) {
            System.out.println(module + " has no benchmark " + args[3]);
            return;
        }
        Files.writeString(directory.resolve(module + ".md"), table(module, results));
        Files.writeString(target.resolve("benchmarks.md"), all(args[1], directory));
        System.out.println("\n" + table(module, results));
    }

    /** Benchmarks of other modules, which are on the class path with their test-jars. */
    private static List<String> othersOf(String regex) {
        Path own = Path.of("target/test-classes").toAbsolutePath();
        return BenchmarkList.defaultList()
                .find(
                        OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                        List.of(regex),
                        List.of())
                .stream()
                .map(BenchmarkListEntry::getUsername)
                .filter(name -> Files.notExists(
                        own.resolve(name.substring(0, name.lastIndexOf('.')).replace('.', '/') + ".class")))
                .map(name -> "^" + Pattern.quote(name) + "$")
                .toList();
    }

    private static String all(String run, Path directory) throws IOException {
        StringBuilder text = new StringBuilder("# Benchmarks\n\n");
        text.append("Run ").append(run).append(" on ").append(machine()).append(".\n\n");
        text.append(
                        "JMH's figures are of one thread and a process for each benchmark, after a warm-up; allocated is what ")
                .append("all threads take of the heap for one operation. Those of the packaged server are over ")
                .append("loopback, with its load generator on the same machine.\n");
        TreeSet<Path> tables = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.md")) {
            files.forEach(tables::add);
        }
        for (Path table : tables) {
            text.append('\n').append(Files.readString(table));
        }
        return text.toString();
    }

    private static String machine() throws IOException {
        String processor = System.getProperty("os.arch");
        Path info = Path.of("/proc/cpuinfo");
        if (Files.isReadable(info)) {
            processor = Files.readAllLines(info).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(processor);
        }
        return Runtime.getRuntime().availableProcessors() + " × " + processor + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.version") + "; "
                + System.getProperty("java.vm.name") + " " + Runtime.version() + "; JMH " + Version.getPlainVersion()
                + "; written " + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** One line of the table. */
    private record Row(
            String name,
            double value,
            double error,
            String unit,
            double allocated,
            @Nullable Figure figure,
            Method method) {}

    private static String table(String module, Collection<RunResult> results) {
        List<Row> rows = new ArrayList<>();
        results.forEach(result -> rows.add(row(result)));
        StringBuilder text = new StringBuilder("## " + module + "\n\n");
        text.append("| benchmark | value | ± 99.9 % | unit | allocated, octets/op | target | |\n");
        text.append("|---|--:|--:|---|--:|---|---|\n");
        for (Row row : rows) {
            text.append("| ")
                    .append(String.join(
                            " | ",
                            row.name(),
                            number(row.value()),
                            Double.isNaN(row.error()) ? "" : number(row.error()),
                            row.unit(),
                            Double.isNaN(row.allocated()) ? "" : number(row.allocated()),
                            verdict(row, rows)))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String number(double value) {
        double size = Math.abs(value);
        if (size < 0.0005) {
            return "0";
        }
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    private static Row row(RunResult result) {
        BenchmarkParams params = result.getParams();
        Method method = method(params.getBenchmark());
        Figure figure = method.getAnnotation(Figure.class);
        StringBuilder name = new StringBuilder(
                figure == null ? method.getDeclaringClass().getSimpleName() + "." + method.getName() : figure.value());
        for (String key : params.getParamsKeys()) {
            name.append(", ").append(key).append(' ').append(params.getParam(key));
        }
        Result<?> shown = result.getPrimaryResult();
        double divisor = 1;
        String unit = shown.getScoreUnit();
        if (figure != null && !figure.counter().isEmpty()) {
            shown = Objects.requireNonNull(
                    result.getSecondaryResults().get(figure.counter()), () -> "no counter " + figure.counter());
            unit = figure.unit().isEmpty() ? shown.getScoreUnit() : figure.unit();
            if (figure.counter().equals("octets") && shown.getScoreUnit().equals("ops/s")) {
                divisor = 1e9;
                unit = "GB/s";
            }
        }
        // JMH adds events up over iterations
        double score = shown.getScoreUnit().equals("#") ? shown.getStatistics().getMean() : shown.getScore();
        return new Row(
                name.toString(),
                score / divisor,
                shown.getScoreError() / divisor,
                unit,
                allocated(result),
                figure,
                method);
    }

    /** Octets of heap for one operation, by all threads. */
    private static double allocated(RunResult result) {
        Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return allocated == null ? Double.NaN : allocated.getScore();
    }

    /** The method of a benchmark; they have names of their own within a class. */
    private static Method method(String benchmark) {
        int dot = benchmark.lastIndexOf('.');
        try {
            Class<?> type = Class.forName(benchmark.substring(0, dot));
            return Arrays.stream(type.getDeclaredMethods())
                    .filter(method -> method.getName().equals(benchmark.substring(dot + 1)))
                    .findFirst()
                    .orElseThrow();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("JMH ran a class that is not there", e);
        }
    }

    private static String verdict(Row row, List<Row> rows) {
        Figure figure = row.figure();
        boolean least = figure != null && !Double.isNaN(figure.atLeast());
        boolean most = figure != null && !Double.isNaN(figure.atMost());
        if (figure == null || !(least || most)) {
            return " | ";
        }
        double factor = 1;
        String of = "";
        if (!figure.relativeTo().isEmpty()) {
            Optional<Row> other = rows.stream()
                    .filter(candidate -> candidate.method().getDeclaringClass()
                                    == row.method().getDeclaringClass()
                            && candidate.method().getName().equals(figure.relativeTo()))
                    .findFirst();
            if (other.isEmpty()) {
                return "relative to " + figure.relativeTo() + ", which was not run | ";
            }
            factor = other.get().value();
            of = " × " + other.get().name();
        }
        boolean met = !(least && row.value() < figure.atLeast() * factor)
                && !(most && row.value() > figure.atMost() * factor);
        String target = (least ? "≥ " + figure.atLeast() + of : "")
                + (least && most ? ", " : "")
                + (most ? "≤ " + figure.atMost() + of : "");
        return target + (of.isEmpty() ? "" : " (" + number(row.value() / factor) + " ×)") + " | "
                + (met ? "met" : "**not met**");
    }
}
