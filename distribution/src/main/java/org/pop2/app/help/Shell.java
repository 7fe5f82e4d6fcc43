package org.pop2.app.help;

import picocli.AutoComplete;
import picocli.CommandLine;

/** A shell that completes what one types. */
public enum Shell {
    BASH("pop2d") {
        @Override
        public String completion(CommandLine commands) {
            return AutoComplete.bash(commands.getCommandName(), commands).stripTrailing() + "\n";
        }
    },
    ZSH("_pop2d") {
        @Override
        public String completion(CommandLine commands) {
            return ZshCompletion.of(commands.getCommandSpec());
        }
    },
    FISH("pop2d.fish") {
        @Override
        public String completion(CommandLine commands) {
            return FishCompletion.of(commands.getCommandSpec());
        }
    };

    private final String fileName;

    Shell(String fileName) {
        this.fileName = fileName;
    }

    /** As the shell wants the file to be named. */
    public String fileName() {
        return fileName;
    }

    /** A script that teaches the shell these commands. */
    public abstract String completion(CommandLine commands);
}
