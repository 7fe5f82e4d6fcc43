package org.pop2.app.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** The keys of one account at a provider, {@code collect.<name>.from} and so on. */
final class CollectorKeys {
    private final String name;
    private final Key<Optional<UserName>> user;
    private final Key<FolderName> folder;
    private final Key<Optional<SourceAddress>> from;
    private final Key<String> passwordFile;
    private final Key<String> tokenCommand;
    private final Key<Duration> every;
    private final Key<AtProvider> atProvider;
    private final Key<FetchPlan.Which> which;
    private final Key<Optional<Duration>> since;
    private final Key<Long> maxOctets;
    private final Key<String> tlsCa;
    private final Key<Boolean> clearText;

    CollectorKeys(String name) {
        this.name = name;
        user = key("user", "", "The user who gets the mail. There has to be such an account.", ValueType.user());
        folder = key(
                "folder",
                "INBOX",
                "The user's folder that it goes to.",
                text -> FolderName.of(text).orElseThrow(() -> new IllegalArgumentException("expected a folder")));
        from = key(
                "from",
                "",
                "The account: `imaps://jon@imap.example.org/INBOX`, `imap://…` (STARTTLS), "
                        + "`pop3s://jon@pop.example.org`"
                        + ", `pop3://…` (STLS), `pop2s://jon@old.example.org` or `pop2://…` (in clear). A port may"
                        + " follow the host. In double quotes.",
                ValueType.optional(SourceAddress::of));
        passwordFile = key(
                "password-file",
                "",
                "A file whose first line is the password. Nobody else should be able to read it.",
                ValueType.text());
        tokenCommand = key(
                "token-command",
                "",
                "Instead: a command for `/bin/sh` that prints an OAuth 2 access token, within 30 s. It runs before each"
                        + " login. Not with POP2.",
                ValueType.text());
        every = key(
                "every",
                "5m",
                "How often it is looked for mail, 10s to 1d. A provider of IMAP that can (IDLE) tells of new mail at"
                        + " once besides.",
                ValueType.duration(Duration.ofSeconds(10), Duration.ofDays(1)));
        atProvider = key(
                "at-provider",
                "keep",
                "What becomes of a message there when it is safe here: `keep`, `delete`, and with IMAP `mark-seen` or"
                        + " `move:FOLDER`.",
                AtProvider::of);
        which = key(
                "which",
                "new",
                "Which messages come: `new`, those that arrive there after the first run, `all`, or with "
                        + "IMAP `unseen`,"
                        + " those that nobody had read when they were first looked at.",
                ValueType.choice(FetchPlan.Which.class));
        since = key(
                "since",
                "",
                "Only messages that arrived there within this time before, such as `30d`. With POP3 and POP2 the"
                        + " message's own header is believed. Default: of any age.",
                ValueType.optional(ValueType.duration(Duration.ofMinutes(1), Duration.ofDays(36_500))));
        maxOctets = key(
                "max-octets",
                "100MiB",
                "Of a longer message only the beginning comes, with a note, and it stays there whatever `at-provider`"
                        + " says.",
                ValueType.octets());
        tlsCa = key(
                "tls-ca",
                "",
                "Trust only the certificates in this file (PEM): an authority's, or the provider's own. "
                        + "Default: those"
                        + " that Java trusts.",
                ValueType.text());
        clearText = key(
                "clear-text",
                "false",
                "Whether the password may go to another machine in clear, where the provider has no TLS: `true` or"
                        + " `false`.",
                ValueType.flag());
    }

    private <T> Key<T> key(String key, String defaultValue, String description, ValueType<T> type) {
        return new Key<>("collect." + name + "." + key, defaultValue, description, type);
    }

    List<Key<?>> all() {
        return List.of(
                user,
                folder,
                from,
                passwordFile,
                tokenCommand,
                every,
                atProvider,
                which,
                since,
                maxOctets,
                tlsCa,
                clearText);
    }

    /**
     * The settings from all keys; empty if a required one is missing.
     *
     * @param problem called with problems of readable values
     */
    Optional<CollectorSettings> settings(
            ProfileKeys.Values values, BiConsumer<Key<?>, String> problem, Path directory) {
        Optional<UserName> whom = values.of(user);
        Optional<SourceAddress> address = values.of(from);
        Optional<Path> password = path(passwordFile, values, problem, directory);
        String command = values.of(tokenCommand);
        AtProvider after = values.of(atProvider);
        FetchPlan.Which wanted = values.of(which);
        if (whom.isEmpty()) {
            problem.accept(user, "has to say whose mail it is here");
        }
        if (address.isEmpty()) {
            problem.accept(from, "has to say where the mail is");
        }
        if (password.isPresent() == !command.isEmpty()) {
            problem.accept(passwordFile, "password-file or token-command: one of them is needed");
        }
        SourceAddress.Scheme scheme = address.map(SourceAddress::scheme).orElse(SourceAddress.Scheme.IMAPS);
        if (!scheme.isImap() && after.needsImap()) {
            problem.accept(atProvider, scheme.protocol() + " can only keep and delete");
        }
        if (!scheme.isImap() && wanted == FetchPlan.Which.UNSEEN) {
            problem.accept(which, scheme.protocol() + " does not tell what was read");
        }
        if (scheme.isPop2() && !command.isEmpty()) {
            problem.accept(tokenCommand, "POP2 knows passwords, and no tokens");
        }
        FetchPlan plan = new FetchPlan(wanted, values.of(since), values.of(maxOctets), after);
        Optional<Path> authorities = path(tlsCa, values, problem, directory);
        Duration often = values.of(every);
        FolderName where = values.of(folder);
        boolean clear = values.of(clearText);
        if (whom.isEmpty() || address.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new CollectorSettings(
                name, whom.get(), where, address.get(), password, command, often, plan, authorities, clear));
    }

    private static Optional<Path> path(
            Key<String> key, ProfileKeys.Values values, BiConsumer<Key<?>, String> problem, Path directory) {
        String text = values.of(key);
        try {
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(directory.resolve(text).normalize());
        } catch (InvalidPathException e) {
            problem.accept(key, "expected a path");
            return Optional.empty();
        }
    }
}
