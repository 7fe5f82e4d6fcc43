package org.pop2.app.help;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.pop2.app.config.KeyText;
import picocli.CommandLine;

/** The files of the distribution that are made of the commands and keys: manual pages and completions. */
public final class Pages {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("MMMM d, uuuu", Locale.ENGLISH);

    /**
     * Writes them all.
     *
     * @param templates where the manual pages are that have to be filled in
     * @param target a directory, made if need be
     * @param date of the pages; the same input makes the same files
     */
    public static void write(CommandLine commands, List<KeyText> keys, Path templates, Path target, OffsetDateTime date)
            throws IOException {
        for (String page : List.of("pop2d.8", "pop2d.conf.5", "pop2.7")) {
            String text = manual(commands, keys, Files.readString(templates.resolve(page)), date);
            put(target.resolve("man/man" + page.charAt(page.length() - 1)).resolve(page), text);
        }
        for (Shell shell : Shell.values()) {
            String directory = shell.name().toLowerCase(Locale.ROOT);
            put(
                    target.resolve("share/completions").resolve(directory).resolve(shell.fileName()),
                    shell.completion(commands));
        }
    }

    /**
     * A manual page.
     *
     * @throws IllegalArgumentException if it has a mark that nobody knows, or tells of keys and not of all
     */
    static String manual(CommandLine commands, List<KeyText> all, String template, OffsetDateTime date) {
        CommandsPage page = new CommandsPage(commands.getCommandSpec());
        KeysPage keys = new KeysPage(all);
        String filled = Roff.fill(template, (name, arguments) -> switch (name) {
            case "date" -> ".Dd " + DATE.format(date) + "\n";
            case "synopsis" -> page.synopsis();
            case "commands" -> page.sections();
            case "keys" -> keys.keys(arguments);
            case "profilekeys" -> KeysPage.list(KeyText.ofProfile());
            default -> throw new IllegalArgumentException("@" + name + "@ is no mark");
        });
        if (template.contains("@keys ") && !keys.left().isEmpty()) {
            throw new IllegalArgumentException("the manual page does not tell of " + keys.left());
        }
        return filled;
    }

    private static void put(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Pages() {}
}
