package org.pop2.app.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is written in a file, leaf by leaf, before anybody asks what it means. */
final class Written {

    /**
     * A leaf of the file.
     *
     * @param path the key, as HOCON joins it
     * @param text its value; of a list, the values with commas between; absent where that is no text, number or
     *     yes-or-no
     * @param list whether it is a list
     * @param origin the file's name
     * @param line the line in it, from 1; 0 where there is none
     */
    record Leaf(String path, @Nullable String text, boolean list, String origin, int line) {
        String where() {
            return line > 0 ? origin + ":" + line : origin;
        }
    }

    /**
     * The leaves of a file, in the order of their lines. Empty blocks are leaves without a text: they too may be
     * misspelt. A {@code null} unsets what an included file has set, and is no leaf.
     */
    static List<Leaf> in(Path file) throws InvalidConfigurationException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new InvalidConfigurationException(List.of(new Problem(
                    file.toString(), Files.exists(file) ? "cannot be read as a file" : "there is no such file")));
        }
        Config config;
        try {
            ConfigParseOptions options =
                    ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setAllowMissing(false);
            config = ConfigFactory.parseFile(file.toFile(), options).resolve();
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(List.of(syntaxProblem(file, e)));
        }
        List<Leaf> leaves = new ArrayList<>();
        collect(file, "", config.root(), leaves);
        leaves.sort(Comparator.comparing(Leaf::origin).thenComparing(Leaf::line).thenComparing(Leaf::path));
        return leaves;
    }

    private static void collect(Path file, String prefix, ConfigObject object, List<Leaf> leaves) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String path = prefix + ConfigUtil.joinPath(entry.getKey());
            ConfigValue value = entry.getValue();
            if (value instanceof ConfigObject block && !block.isEmpty()) {
                collect(file, path + ".", block, leaves);
            } else if (value.valueType() != ConfigValueType.NULL) {
                leaves.add(new Leaf(
                        path,
                        text(value),
                        value.valueType() == ConfigValueType.LIST,
                        name(file, value.origin()),
                        line(value.origin())));
            }
        }
    }

    private static @Nullable String text(ConfigValue value) {
        return switch (value.valueType()) {
            // getString, for it keeps a number as it was written
            case STRING, NUMBER, BOOLEAN -> value.atKey("value").getString("value");
            case LIST -> text((ConfigList) value);
            case OBJECT, NULL -> null;
        };
    }

    private static @Nullable String text(ConfigList list) {
        List<String> texts = new ArrayList<>();
        for (ConfigValue value : list) {
            String text = value.valueType() == ConfigValueType.LIST ? null : text(value);
            if (text == null) {
                return null;
            }
            texts.add(text);
        }
        return String.join(", ", texts);
    }

    private static Problem syntaxProblem(Path file, ConfigException e) {
        String message = String.valueOf(e.getMessage());
        ConfigOrigin origin = e.origin();
        if (origin == null) {
            return new Problem(file.toString(), message);
        }
        String prefix = origin.description() + ": ";
        if (message.startsWith(prefix)) {
            message = message.substring(prefix.length());
        }
        int line = line(origin);
        return new Problem(
                name(file, origin) + (line > 0 ? ":" + line : ""),
                message
                        + " (a value that holds any of {}[]:=,+#`^?!@*&\\ or blanks at its ends goes in double quotes)");
    }

    /** The file as the user named it, not made absolute as the parser does; another one where it was included. */
    private static String name(Path file, ConfigOrigin origin) {
        String name = origin.filename();
        if (name == null) {
            return file + " (" + origin.description() + ")";
        }
        return Path.of(name).toAbsolutePath().equals(file.toAbsolutePath()) ? file.toString() : name;
    }

    private static int line(ConfigOrigin origin) {
        return Math.max(origin.lineNumber(), 0);
    }

    private Written() {}
}
