package org.pop2.app.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Checks the process itself before any command: locale and log configuration. */
public final class Surroundings {
    private static final String LOG_CONFIGURATION = "logback.configurationFile";

    private Surroundings() {}

    /**
     * Checks the locale and the log's configuration.
     *
     * @throws CommandFailedException if user names could be confused, or if root would obey another user
     */
    public static void require() throws CommandFailedException {
        requireUtf8(System.getProperty("sun.jnu.encoding", "UTF-8"), System.getProperty("os.name", ""));
        String file = System.getProperty(LOG_CONFIGURATION);
        if (file != null && Files.exists(Path.of(file))) {
            Trust.requireOfRoot(Set.of(Path.of(file)));
        }
    }

    /**
     * Java takes the charset of arguments and file names from the locale, and nothing said to it later changes that. In
     * another one than UTF-8, "Zo\u00eb" is nobody, and her mail would be bounced.
     */
    public static void requireUtf8(String charset, String system) throws CommandFailedException {
        boolean utf8 = charset.equalsIgnoreCase("UTF-8") || charset.equalsIgnoreCase("UTF8");
        if (!utf8 && !system.startsWith("Windows")) {
            throw new CommandFailedException(
                    ExitCode.CONFIG,
                    "this locale has names in " + charset + ", not in UTF-8: set LC_ALL=C.UTF-8, or another that"
                            + " \"locale -a\" lists with UTF-8");
        }
    }
}
