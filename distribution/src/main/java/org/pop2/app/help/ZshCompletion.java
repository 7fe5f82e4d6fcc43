package org.pop2.app.help;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A completion function for zsh, for a directory of {@code $fpath} or to be sourced: a function for each command, with
 * what zsh knows as {@code _arguments} and {@code _describe}.
 */
final class ZshCompletion {
    private final StringBuilder out = new StringBuilder();

    static String of(CommandSpec root) {
        ZshCompletion completion = new ZshCompletion();
        String function = function(root);
        completion.out.append("#compdef ").append(root.name()).append('\n');
        completion.out.append("# Made by \"").append(root.name()).append(" completion zsh\".\n");
        completion.add(root);
        completion
                .out
                .append("\n# read as a file of $fpath, or sourced\n")
                .append("if [ \"$funcstack[1]\" = \"" + function + "\" ]; then\n")
                .append("  " + function + " \"$@\"\n")
                .append("else\n")
                .append("  compdef " + function + ' ' + root.name() + '\n')
                .append("fi\n");
        return completion.out.toString();
    }

    private static String function(CommandSpec command) {
        return "_" + command.qualifiedName("_");
    }

    private void add(CommandSpec command) {
        List<CommandSpec> below = Words.subcommands(command);
        below.forEach(this::add);
        out.append('\n').append(function(command)).append("() {\n");
        if (below.isEmpty()) {
            out.append("  _arguments");
            arguments(command);
            out.append("\n}\n");
            return;
        }
        out.append("  local curcontext=\"$curcontext\" state line\n");
        out.append("  _arguments -C");
        arguments(command);
        out.append(" \\\n    '1: :->command' \\\n    '*:: :->argument' && return\n");
        out.append("  case $state in\n");
        out.append("  command)\n    local -a commands\n    commands=(\n");
        for (CommandSpec each : below) {
            out.append("      ")
                    .append(quoted(each.name() + ":" + Words.summary(each)))
                    .append('\n');
        }
        out.append("    )\n    _describe -t commands ").append(quoted(command.qualifiedName() + " command"));
        out.append(" commands\n    ;;\n  argument)\n    case $words[1] in\n");
        for (CommandSpec each : below) {
            out.append("    ")
                    .append(each.name())
                    .append(") ")
                    .append(function(each))
                    .append(" ;;\n");
        }
        out.append("    esac\n    ;;\n  esac\n}\n");
    }

    private void arguments(CommandSpec command) {
        for (OptionSpec option : command.options()) {
            String description = "[" + escaped(Words.summary(option), "[]") + "]";
            String value = Words.takesValue(option) ? ":" + label(option) + ":" + action(option) : "";
            String equals = Words.takesValue(option) ? "=" : "";
            out.append(" \\\n    ");
            if (option.names().length > 1) {
                String names = String.join(" ", option.names());
                out.append(quoted("(" + names + ")"))
                        .append('{')
                        .append(String.join(",", option.names()))
                        .append('}')
                        .append(quoted(equals + description + value));
            } else {
                out.append(quoted(option.longestName() + equals + description + value));
            }
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            String where = parameter.index().max() == Integer.MAX_VALUE
                    ? "*"
                    : String.valueOf(parameter.index().min() + 1);
            String optional = !where.equals("*") && parameter.arity().min() == 0 ? "::" : ":";
            out.append(" \\\n    ").append(quoted(where + optional + label(parameter) + ":" + action(parameter)));
        }
    }

    private static String label(ArgSpec argument) {
        return escaped(argument.paramLabel(), ":");
    }

    private static String action(ArgSpec argument) {
        List<String> candidates = Words.candidates(argument);
        if (!candidates.isEmpty()) {
            return candidates.stream().collect(Collectors.joining(" ", "(", ")"));
        }
        // nothing to choose from; without the parentheses zsh would offer no options either
        return Words.isFile(argument) ? "_files" : "()";
    }

    private static String escaped(String text, String special) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' || special.indexOf(c) >= 0) {
                escaped.append('\\');
            }
            escaped.append(c);
        }
        return escaped.toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
