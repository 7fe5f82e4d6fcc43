package org.pop2.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.KeyText;
import org.pop2.app.help.Pages;

/** What the build runs to make manual pages and completions of the commands as they are. */
public final class MakePages {
    /**
     * Writes the files.
     *
     * @param args where the templates are, where to write, and the date of the release
     */
    public static void main(String[] args) throws IOException {
        Pages.write(
                Pop2d.commandLine(Terminal.ofProcess()),
                KeyText.all(),
                Path.of(args[0]),
                Path.of(args[1]),
                OffsetDateTime.parse(args[2]));
    }

    private MakePages() {}
}
