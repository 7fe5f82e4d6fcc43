package org.pop2.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pop2.app.config.Nearest;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.MutuallyExclusiveArgsException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** One-line messages for wrong command lines. */
public final class Misuse {
    private static final Pattern NO_NUMBER =
            Pattern.compile("Invalid value for (?:option|positional parameter) .*: '(.*)' is not an? (?:int|long)");

    private static final Pattern NO_CHOICE =
            Pattern.compile("Invalid value for .*: expected one of \\[(.*)\\] \\(case-insensitive\\) but was '(.*)'");

    private Misuse() {}

    /** The message, with a similar name if there is one, and where to read on. */
    public static String said(ParameterException e) {
        return what(e) + "; see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    }

    private static String what(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            return unmatched(unmatched);
        }
        if (e instanceof MissingParameterException missing) {
            return missing.getMissing().stream().map(Misuse::shown).collect(Collectors.joining(" and "))
                    + (missing.getMissing().size() == 1 ? " is missing" : " are missing");
        }
        String message = String.valueOf(e.getMessage()).replaceFirst("^Error: ", "");
        Matcher noNumber = NO_NUMBER.matcher(message);
        if (noNumber.matches() && e.getArgSpec() != null) {
            return shown(e.getArgSpec()) + ": '" + noNumber.group(1) + "' is not a number";
        }
        Matcher noChoice = NO_CHOICE.matcher(message);
        if (noChoice.matches() && e.getArgSpec() != null) {
            return shown(e.getArgSpec()) + ": expected one of "
                    + noChoice.group(1).toLowerCase(Locale.ROOT) + ", not '" + noChoice.group(2) + "'";
        }
        if (e instanceof MutuallyExclusiveArgsException) {
            return message.replaceFirst(" are mutually exclusive.*", ": one of them, not more");
        }
        return message;
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String first = e.getUnmatched().get(0);
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        if (first.startsWith("-")) {
            List<String> options = new ArrayList<>();
            command.getCommandSpec().options().forEach(option -> options.addAll(List.of(option.names())));
            String option = first.replaceFirst("=.*", "");
            return name + " has no option " + option + meant(option, options);
        }
        if (command.getSubcommands().isEmpty()) {
            return name + ": '" + first + "' is one argument too many";
        }
        return noCommand(command, first);
    }

    /** The message for an unknown sub-command. */
    public static String noCommand(CommandLine command, String name) {
        return command.getCommandSpec().qualifiedName() + " has no command '" + name + "'"
                + meant(name, List.copyOf(command.getSubcommands().keySet()));
    }

    private static String meant(String given, List<String> candidates) {
        return Nearest.to(given, candidates)
                .map(near -> "; did you mean " + near + "?")
                .orElse("");
    }

    /** {@code --user NAME}, {@code FILE}. */
    private static String shown(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? option.longestName() + " " + option.paramLabel()
                : argument.paramLabel();
    }
}
