package org.pop2.app.help;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What pop2d(8) says of the commands: made of what they say of themselves. */
final class CommandsPage {
    /** Told once for all. */
    private static final Set<String> COMMON = Set.of("--help", "--config");

    private final CommandSpec root;

    CommandsPage(CommandSpec root) {
        this.root = root;
    }

    /** A line for each command that does something. */
    String synopsis() {
        Roff out = new Roff();
        each(root, command -> {
            if (Words.subcommands(command).isEmpty()) {
                out.macro(".Nm");
                synopsis(out, command);
            }
        });
        return out.toString();
    }

    /** A section for each command. */
    String sections() {
        Roff out = new Roff();
        each(root, command -> section(out, command));
        return out.toString();
    }

    private static void each(CommandSpec command, Consumer<CommandSpec> action) {
        for (CommandSpec below : Words.subcommands(command)) {
            action.accept(below);
            each(below, action);
        }
    }

    private static void synopsis(Roff out, CommandSpec command) {
        out.macro(".Cm " + String.join(" ", Words.path(command)));
        List<ArgSpec> grouped = new ArrayList<>();
        for (ArgGroupSpec group : command.argGroups()) {
            grouped.addAll(group.args());
            List<String> choices =
                    group.args().stream().map(CommandsPage::named).toList();
            String all = String.join(group.exclusive() ? " | " : " ", choices);
            out.macro(group.multiplicity().min() > 0 ? "." + all : ".Op " + all);
        }
        for (OptionSpec option : command.options()) {
            if (!option.longestName().equals("--help") && !grouped.contains(option)) {
                out.macro((option.required() ? "." : ".Op ") + named(option));
            }
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            String named = named(parameter)
                    + (parameter.arity().max() > 1 || parameter.index().isVariable() ? " ..." : "");
            out.macro((parameter.arity().min() > 0 ? "." : ".Op ") + named);
        }
    }

    private static String named(ArgSpec argument) {
        if (argument instanceof OptionSpec option) {
            String flag = "Fl " + Roff.flag(option.longestName());
            return Words.takesValue(option) ? flag + " Ar " + label(option) : flag;
        }
        return "Ar " + label(argument);
    }

    private static String label(ArgSpec argument) {
        return argument.paramLabel();
    }

    private static void section(Roff out, CommandSpec command) {
        out.macro(".Ss " + String.join(" ", Words.path(command)));
        boolean first = true;
        for (String paragraph : Words.paragraphs(command.usageMessage().description())) {
            if (!first) {
                out.macro(".Pp");
            }
            first = false;
            out.text(paragraph);
        }
        List<ArgSpec> told = new ArrayList<>();
        command.positionalParameters().stream()
                .filter(it -> it.description().length > 0)
                .forEach(told::add);
        command.options().stream()
                .filter(it -> !COMMON.contains(it.longestName()))
                .forEach(told::add);
        if (!told.isEmpty()) {
            out.macro(".Bl -tag -width Ds");
            for (ArgSpec argument : told) {
                out.macro(".It " + named(argument)).text(Words.description(argument));
            }
            out.macro(".El");
        }
        footer(out, command.usageMessage().footer());
    }

    /** Sentences, and examples, which are indented. */
    private static void footer(Roff out, String[] lines) {
        boolean inExample = false;
        for (String line : lines) {
            String text = line.replace("%%", "%");
            if (text.startsWith("  ")) {
                if (!inExample) {
                    out.macro(".Bd -literal -offset indent");
                }
                inExample = true;
                out.literal(text.substring(2));
            } else {
                if (inExample) {
                    out.macro(".Ed");
                }
                inExample = false;
                if (!text.isBlank()) {
                    out.macro(".Pp").text(text);
                }
            }
        }
        if (inExample) {
            out.macro(".Ed");
        }
    }
}
