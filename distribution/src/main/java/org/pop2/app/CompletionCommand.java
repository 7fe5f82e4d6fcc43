package org.pop2.app;

import java.util.concurrent.Callable;
import org.pop2.app.cli.Candidates;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.help.Shell;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code pop2d completion}: teaches a shell the commands. */
@Command(
        name = "completion",
        description = {
            "Prints completions for a shell: commands, options, file names, and values where there are few. The same are"
                    + " in share/completions; doc/install.md says where they belong.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  pop2d completion bash > ~/.local/share/bash-completion/completions/pop2d",
            "  pop2d completion zsh > ~/.zfunc/_pop2d",
            "  pop2d completion fish > ~/.config/fish/completions/pop2d.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(
            paramLabel = "SHELL",
            completionCandidates = Candidates.Shells.class,
            description = "bash, zsh or fish.")
    private Shell shell = Shell.BASH;

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.out().print(shell.completion(Pop2d.commandLine(terminal)));
        terminal.out().flush();
        return ExitCode.OK;
    }
}
