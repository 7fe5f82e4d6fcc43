package org.pop2.app.help;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** The texts of commands as they are needed outside of {@code --help}. */
public final class Words {
    private static final Pattern FIRST_SENTENCE = Pattern.compile("(.+?)[.:;](?=\\s|$).*");

    /** What the labels of parameters stand for that are files, though not all of them have that type: - is one, too. */
    private static final Set<String> FILES = Set.of("FILE", "DIR", "PATH", "SOURCE", "CONFIG");

    /** Paragraphs, without the marks of picocli's formats. */
    static List<String> paragraphs(String... texts) {
        List<String> paragraphs = new ArrayList<>();
        for (String text : texts) {
            String plain = text.replace("%n", "\n").replace("%%", "%").strip();
            if (!plain.isEmpty()) {
                paragraphs.add(plain);
            }
        }
        return paragraphs;
    }

    /** Its first sentence, without the full stop, for a list of commands or options. */
    static String summary(String... texts) {
        List<String> paragraphs = paragraphs(texts);
        if (paragraphs.isEmpty()) {
            return "";
        }
        Matcher sentence = FIRST_SENTENCE.matcher(paragraphs.get(0));
        return sentence.matches() ? sentence.group(1) : paragraphs.get(0);
    }

    /** What a command does, in a line. */
    public static String summary(CommandSpec command) {
        return summary(command.usageMessage().description());
    }

    static String summary(ArgSpec argument) {
        return summary(description(argument));
    }

    static String description(ArgSpec argument) {
        return String.join(" ", argument.description())
                .replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValue()));
    }

    /** The commands below this one, in their order, each with the words that lead to it: {@code user add}. */
    static List<CommandSpec> subcommands(CommandSpec command) {
        return command.subcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .distinct()
                .toList();
    }

    /** {@code user add}; of the command itself nothing. */
    static List<String> path(CommandSpec command) {
        String[] words = command.qualifiedName().split(" ", -1);
        return Arrays.asList(words).subList(1, words.length);
    }

    /** The values that there are, if there are few. */
    static List<String> candidates(ArgSpec argument) {
        List<String> candidates = new ArrayList<>();
        if (argument.completionCandidates() != null) {
            argument.completionCandidates().forEach(candidates::add);
        }
        return candidates;
    }

    static boolean isFile(ArgSpec argument) {
        return argument.type() == Path.class || FILES.contains(argument.paramLabel());
    }

    static boolean takesValue(ArgSpec argument) {
        return argument.arity().max() > 0;
    }

    private Words() {}
}
