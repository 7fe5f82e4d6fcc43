package org.pop2.app.init;

import com.typesafe.config.ConfigUtil;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** {@code conf/pop2d.conf} as it is shipped, every key a comment. Immutable. */
final class Template {
    private final String text;

    private Template(String text) {
        this.text = text;
    }

    /** The one in this jar. */
    static Template shipped() throws IOException {
        try (InputStream in = Objects.requireNonNull(Template.class.getResourceAsStream("pop2d.conf"))) {
            return new Template(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Whether a file sets nothing yet. */
    static boolean setsNothing(String text) {
        return text.lines().map(String::strip).allMatch(line -> line.isEmpty() || line.startsWith("#"));
    }

    /** This, with values in force. Each key has to be in it. */
    String with(Map<String, List<String>> values) {
        String result = text;
        for (Map.Entry<String, List<String>> each : values.entrySet()) {
            String comment = "\n#" + each.getKey() + " = ";
            int start = result.indexOf(comment);
            if (start < 0) {
                throw new IllegalArgumentException("no key of the template: " + each.getKey());
            }
            int end = result.indexOf('\n', start + 1);
            result = result.substring(0, start + 1) + each.getKey() + " = " + written(each.getValue())
                    + result.substring(end);
        }
        return result;
    }

    private static String written(List<String> values) {
        if (values.size() == 1) {
            return word(values.get(0));
        }
        return values.stream().map(ConfigUtil::quoteString).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String word(String value) {
        return value.matches("[A-Za-z0-9._/-]+") ? value : ConfigUtil.quoteString(value);
    }
}
