package org.pop2.app.help;

import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completions for fish: a line for each command, option and parameter. */
final class FishCompletion {
    private final StringBuilder out = new StringBuilder();
    private final String program;

    private FishCompletion(String program) {
        this.program = program;
    }

    static String of(CommandSpec root) {
        FishCompletion completion = new FishCompletion(root.name());
        completion.out.append("""
                # Made by "PROGRAM completion fish".

                # whether these commands are what is typed already
                function __PROGRAM_in
                    set -l words (commandline -opc)
                    test (count $words) -gt (count $argv); or return 1
                    set -l at 1
                    for command in $argv
                        set at (math $at + 1)
                        test "$words[$at]" = "$command"; or return 1
                    end
                end

                # whether that is all
                function __PROGRAM_at
                    __PROGRAM_in $argv; and test (count (commandline -opc)) -eq (math (count $argv) + 1)
                end

                # no files where none are meant
                complete -c PROGRAM -f
                """.replace("PROGRAM", root.name()));
        completion.add(root);
        return completion.out.toString();
    }

    private void add(CommandSpec command) {
        String path = String.join(" ", Words.path(command));
        List<CommandSpec> below = Words.subcommands(command);
        if (!path.isEmpty()) {
            out.append("\n# ").append(path).append('\n');
        } else {
            out.append('\n');
        }
        for (CommandSpec each : below) {
            line("__" + program + "_at " + path, "-a " + each.name(), Words.summary(each));
        }
        String where = below.isEmpty() ? "_in " : "_at ";
        for (OptionSpec option : command.options()) {
            StringBuilder names = new StringBuilder();
            for (String name : option.names()) {
                names.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            String value = Words.takesValue(option) ? " " + value(option) : "";
            line("__" + program + where + path, names.substring(1) + value, Words.summary(option));
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            String value = positional(parameter);
            if (!value.isEmpty()) {
                line("__" + program + "_in " + path, value, "");
            }
        }
        below.forEach(this::add);
    }

    private void line(String condition, String what, String description) {
        out.append("complete -c ").append(program).append(" -n ").append(quoted(condition.strip()));
        out.append(' ').append(what);
        if (!description.isEmpty()) {
            out.append(" -d ").append(quoted(description));
        }
        out.append('\n');
    }

    private static String value(ArgSpec argument) {
        List<String> candidates = Words.candidates(argument);
        if (!candidates.isEmpty()) {
            return "-x -a " + quoted(String.join(" ", candidates));
        }
        return Words.isFile(argument) ? "-r -F" : "-x";
    }

    private static String positional(ArgSpec argument) {
        List<String> candidates = Words.candidates(argument);
        if (!candidates.isEmpty()) {
            return "-a " + quoted(String.join(" ", candidates));
        }
        return Words.isFile(argument) ? "-F" : "";
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
