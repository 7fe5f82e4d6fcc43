package org.pop2.app.cli;

import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import picocli.CommandLine.Parameters;

/** Names of users and folders on a command line. */
public final class Names {
    /** The rules for a folder's name; see {@link FolderName}. */
    public static final String NO_FOLDER_NAME = "not a folder name: it has letters, digits, blanks and . _ + - @ = , #"
            + " & ! ( ), in parts of 100 octets at most with / between; a part begins with a letter, a digit or _";

    private Names() {}

    /** The parameter {@code NAME}. */
    public static final class UserParameter {
        @Parameters(paramLabel = "NAME", description = "The user's name; upper and lower case mean the same.")
        private String name = "";

        public UserName ofNewUser() throws CommandFailedException {
            return newUser(name);
        }

        public UserName ofUser() throws CommandFailedException {
            return user(name);
        }
    }

    /** A name that an account can be given. */
    public static UserName newUser(String name) throws CommandFailedException {
        return UserName.of(name)
                .orElseThrow(() -> new CommandFailedException(
                        ExitCode.DATA,
                        "not a user name: it has 1 to " + UserName.MAX_OCTETS + " octets, letters, digits and"
                                + " . _ + - @ = ~, begins with a letter, a digit or _, and does not end with a dot"
                                + " or .lock"));
    }

    /** The user of that name; fails if it cannot be a name. */
    public static UserName user(String name) throws CommandFailedException {
        return UserName.of(name)
                .orElseThrow(() -> new CommandFailedException(ExitCode.NO_USER, "there is no such user"));
    }

    public static CommandFailedException noUser(UserName user) {
        return new CommandFailedException(ExitCode.NO_USER, "there is no user " + user);
    }

    /** The value of {@code --folder}. */
    public static FolderName folder(String name) throws CommandFailedException {
        return FolderName.of(name)
                .orElseThrow(() -> new CommandFailedException(ExitCode.USAGE, "--folder: " + NO_FOLDER_NAME));
    }
}
