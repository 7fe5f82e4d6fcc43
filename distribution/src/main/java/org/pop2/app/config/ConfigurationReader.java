package org.pop2.app.config;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration.Entry;
import org.pop2.app.config.Configuration.Storage;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.net.Networks;
import org.pop2.net.TlsSettings;
import org.pop2.net.TlsSettings.ClientCertificate;
import org.pop2.profile.ClientProfile;
import org.pop2.server.Limits;
import org.pop2.server.ListenerSettings;
import org.pop2.server.ProfileRules;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.trace.TraceSettings;

/**
 * Reads a configuration: the file, over it the environment. Goes on after a mistake, so that all of them are reported
 * at once.
 */
public final class ConfigurationReader {
    /** Variables with our prefix that are no keys: where the instance is, and what the launcher gives to Java. */
    private static final Set<String> OTHER_VARIABLES =
            Set.of("POP2D_HOME", "POP2D_JAVA_OPTS", "POP2D_CACHE", "POP2D_COMMAND");

    /** Of a path, for the system's sake. */
    private static final int LONGEST_SOCKET = 107;

    /** What Kubernetes puts into every container beside a service called pop2d; the value of POP2D_PORT is a URL. */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("POP2D_SERVICE_(HOST|PORT.*)=.*|POP2D_PORT_\\d+_.*|POP2D_PORT=\\w+://.*");

    /** A key of a listener with a name, in the file and in the environment. */
    private static final Pattern LISTENER = Pattern.compile("listeners\\.([a-z0-9]{1,20})\\..*");

    private static final Pattern LISTENER_VARIABLE = Pattern.compile("POP2D_LISTENERS_([A-Z0-9]{1,20})_.*");

    /** The same of a profile. */
    private static final Pattern PROFILE = Pattern.compile("profiles\\.([a-z0-9]{1,20})\\..*");

    private static final Pattern PROFILE_VARIABLE = Pattern.compile("POP2D_PROFILES_([A-Z0-9]{1,20})_.*");

    /** The same of an account at a provider. */
    private static final Pattern COLLECTOR = Pattern.compile("collect\\.([a-z0-9]{1,20})\\..*");

    private static final Pattern COLLECTOR_VARIABLE = Pattern.compile("POP2D_COLLECT_([A-Z0-9]{1,20})_.*");

    /** The text given for a key, and where. */
    private record Given(String text, String where) {}

    private final List<MailStoreProvider> storages;
    private final Map<String, Key<?>> known = new LinkedHashMap<>();
    private final Set<String> listeners = new LinkedHashSet<>();
    private final Map<String, ProfileKeys> ownProfiles = new LinkedHashMap<>();
    private final Map<String, CollectorKeys> collectors = new LinkedHashMap<>();
    private final Map<String, ClientProfile> profiles = new LinkedHashMap<>();
    private final Map<String, Given> given = new HashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private final Set<Path> files = new LinkedHashSet<>();
    private final String origin;

    private ConfigurationReader(String origin) {
        this.origin = origin;
        this.storages = MailStoreProvider.all();
        KeyList.with(storages).forEach(key -> known.put(key.name(), key));
    }

    /**
     * Reads a file and the environment.
     *
     * @param file HOCON
     * @param environment the variables of the process; those that begin with {@code POP2D_} override the file, empty
     *     ones do not
     * @throws InvalidConfigurationException if anything is wrong; it lists all that is
     */
    public static Configuration read(Path file, Map<String, String> environment) throws InvalidConfigurationException {
        ConfigurationReader reader = new ConfigurationReader(file.toString());
        reader.files.add(file);
        for (Written.Leaf leaf : Written.in(file)) {
            reader.files.add(Path.of(leaf.origin()));
            reader.accept(leaf);
        }
        reader.acceptEnvironment(environment);
        return reader.configuration(directoryOf(file));
    }

    /**
     * A configuration of defaults and these values, without a file or the environment.
     *
     * @param directory the instance directory
     * @param values text by key
     * @throws InvalidConfigurationException if anything is wrong; it lists all that is
     */
    public static Configuration of(Path directory, Map<String, String> values) throws InvalidConfigurationException {
        ConfigurationReader reader = new ConfigurationReader("(built-in)");
        new TreeMap<>(values)
                .forEach((key, value) -> reader.accept(new Written.Leaf(key, value, false, "(built-in)", 0)));
        return reader.configuration(directory);
    }

    /** The parent of {@code conf/}; where the file is in no such directory, its own. */
    private static Path directoryOf(Path file) {
        Path parent = file.toAbsolutePath().normalize().getParent();
        if (parent == null) {
            return Path.of("/");
        }
        Path grandparent = parent.getParent();
        return parent.endsWith("conf") && grandparent != null ? grandparent : parent;
    }

    private void accept(Written.Leaf leaf) {
        String path = leaf.path();
        listener(LISTENER.matcher(path));
        profile(PROFILE.matcher(path));
        collector(COLLECTOR.matcher(path));
        Key<?> key = known.get(path);
        if (key != null) {
            if (leaf.text() == null || (leaf.list() && !key.type().takesList())) {
                problems.add(new Problem(leaf.where(), path + ": expected a single value, not a list or a block"));
            } else {
                given.put(path, new Given(leaf.text(), leaf.where()));
            }
        } else if (known.keySet().stream().noneMatch(name -> name.startsWith(path + "."))) {
            problems.add(new Problem(leaf.where(), path + ": unknown key" + didYouMean(path, known.keySet())));
        } else if (leaf.text() != null) {
            problems.add(new Problem(leaf.where(), path + ": expected a block of settings, not a value"));
        }
    }

    /** The first that is heard of a listener makes all its keys known. */
    private void listener(Matcher matcher) {
        if (matcher.matches()) {
            String name = matcher.group(1).toLowerCase(Locale.ROOT);
            if (listeners.add(name)) {
                KeyList.of(name).forEach(key -> known.put(key.name(), key));
            }
        }
    }

    /** Likewise. */
    private void profile(Matcher matcher) {
        if (matcher.matches()) {
            String name = matcher.group(1).toLowerCase(Locale.ROOT);
            if (!ownProfiles.containsKey(name)) {
                ProfileKeys keys = new ProfileKeys(name);
                ownProfiles.put(name, keys);
                keys.all().forEach(key -> known.put(key.name(), key));
            }
        }
    }

    /** Likewise. */
    private void collector(Matcher matcher) {
        if (matcher.matches()) {
            String name = matcher.group(1).toLowerCase(Locale.ROOT);
            if (!collectors.containsKey(name)) {
                CollectorKeys keys = new CollectorKeys(name);
                collectors.put(name, keys);
                keys.all().forEach(key -> known.put(key.name(), key));
            }
        }
    }

    private void acceptEnvironment(Map<String, String> environment) {
        environment.keySet().forEach(name -> {
            listener(LISTENER_VARIABLE.matcher(name));
            profile(PROFILE_VARIABLE.matcher(name));
            collector(COLLECTOR_VARIABLE.matcher(name));
        });
        Map<String, Key<?>> variables = known.values().stream().collect(Collectors.toMap(Key::variable, key -> key));
        new TreeMap<>(environment).forEach((name, value) -> {
            if (!name.startsWith("POP2D_") || OTHER_VARIABLES.contains(name) || value.isEmpty()) {
                return;
            }
            Key<?> key = variables.get(name);
            if (key != null) {
                given.put(key.name(), new Given(value, name));
            } else if (!SERVICE_LINK.matcher(name + "=" + value).matches()) {
                problems.add(new Problem(name, "unknown variable" + didYouMean(name, variables.keySet())));
            }
        });
    }

    private Configuration configuration(Path defaultDirectory) throws InvalidConfigurationException {
        Path directory = directory(defaultDirectory.toAbsolutePath().normalize());
        ClientProfile.ALL.forEach(profile -> profiles.put(profile.name(), profile));
        ownProfiles.forEach((name, keys) -> profiles.put(name, keys.profile(this::value, this::problem)));
        List<ListenerSettings> listening = listening(directory);
        ProfileRules rules = profileRules();
        Optional<String> serverName = Optional.of(value(Keys.SERVER_NAME)).filter(name -> !name.isEmpty());
        Configuration.Session session = new Configuration.Session(
                value(Keys.SESSION_LOGIN_TIMEOUT),
                value(Keys.SESSION_IDLE_TIMEOUT),
                value(Keys.SESSION_STALL_TIMEOUT),
                value(Keys.SESSION_ON_DISCONNECT),
                value(Keys.SESSION_STRICT));
        var stopTimeout = value(Keys.SERVER_STOP_TIMEOUT);
        boolean busyPoll = value(Keys.SERVER_BUSY_POLL);
        Limits limits = new Limits(
                value(Keys.LIMITS_CONNECTIONS),
                value(Keys.LIMITS_CONNECTIONS_PER_ADDRESS),
                value(Keys.LIMITS_SESSIONS_PER_USER),
                value(Keys.LIMITS_COMMANDS_PER_SESSION),
                value(Keys.LIMITS_OCTETS_PER_SESSION));
        LoginBy loginBy = value(Keys.AUTH_LOGIN);
        Optional<Path> saslauthd =
                file(Keys.AUTH_SASLAUTHD_SOCKET, directory).filter(it -> loginBy == LoginBy.SASLAUTHD);
        if (loginBy == LoginBy.SASLAUTHD
                && (saslauthd.isEmpty()
                        || saslauthd.get().toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET)) {
            problem(
                    Keys.AUTH_SASLAUTHD_SOCKET,
                    "has to name the socket where saslauthd listens, in at most " + LONGEST_SOCKET + " octets");
        }
        var loginCache = value(Keys.AUTH_CACHE);
        boolean rehash = value(Keys.AUTH_REHASH);
        boolean penalty = value(Keys.AUTH_PENALTY);
        LogLevel logLevel = value(Keys.LOG_LEVEL);
        LogFormat logFormat = value(Keys.LOG_FORMAT);
        Map<String, LogLevel> loggers = value(Keys.LOG_LOGGERS);
        boolean deletions = value(Keys.LOG_DELETIONS);
        Optional<TraceSettings> trace = trace(directory);
        LmtpSettings.OverQuota overQuota = value(Keys.QUOTA_OVER);
        Optional<LmtpSettings> lmtp = LmtpKeys.settings(
                        this::value,
                        this::problem,
                        directory,
                        file(Keys.LMTP_SPOOL, directory).orElse(directory),
                        stopTimeout)
                .map(settings -> settings.withOverQuota(overQuota));
        Quota quota = new Quota(value(Keys.QUOTA_MESSAGES), value(Keys.QUOTA_OCTETS));
        Optional<Path> tokenFile = file(Keys.MANAGEMENT_TOKEN_FILE, directory);
        var managementAddress = value(Keys.MANAGEMENT_ADDRESS);
        Optional<Configuration.Management> management = value(Keys.MANAGEMENT_PORT)
                .map(port -> new Configuration.Management(new InetSocketAddress(managementAddress, port), tokenFile));
        List<CollectorSettings> collecting = collectors.values().stream()
                .flatMap(keys -> keys.settings(this::value, this::problem, directory).stream())
                .toList();
        HoldPolicy hold = new HoldPolicy(value(Keys.MAILBOX_TAKEOVER_AFTER), value(Keys.MAILBOX_BUSY_WAIT));
        Storage storage = storage(hold, quota, directory);
        if (storage == null || !problems.isEmpty()) {
            throw new InvalidConfigurationException(problems);
        }
        return new Configuration(
                files,
                directory,
                listening,
                rules,
                serverName,
                stopTimeout,
                busyPoll,
                limits,
                session,
                saslauthd,
                loginCache,
                rehash,
                penalty,
                new Configuration.Log(logLevel, logFormat, loggers, deletions),
                trace,
                lmtp,
                overQuota,
                management,
                storage,
                collecting,
                entries(directory));
    }

    private List<ListenerSettings> listening(Path directory) {
        if (listeners.isEmpty()) {
            return List.of(listening("pop2", null, directory));
        }
        known.values().stream()
                .filter(key -> key.name().startsWith("listen.") && given.containsKey(key.name()))
                .forEach(key -> problem(key, "there are listeners with names, listeners.*: they have their own"));
        return listeners.stream().map(name -> listening(name, name, directory)).toList();
    }

    /** @param listener in whose keys it is written; {@code null}: in those of the one without a name */
    private ListenerSettings listening(String name, @Nullable String listener, Path directory) {
        ListenerSettings settings = ListenerSettings.plain(
                        name,
                        new InetSocketAddress(
                                value(of(Keys.LISTEN_ADDRESS, listener)), value(of(Keys.LISTEN_PORT, listener))))
                .withCleartextFrom(value(of(Keys.LISTEN_ALLOW_CLEARTEXT_FROM, listener)))
                .withProxiesFrom(value(of(Keys.LISTEN_PROXIES_FROM, listener)))
                .withMaxConnections(value(of(Keys.LISTEN_CONNECTIONS, listener)))
                .withProfile(profile(of(Keys.LISTEN_PROFILE, listener), value(of(Keys.LISTEN_PROFILE, listener))));
        return tls(listener, directory).map(settings::withTls).orElse(settings);
    }

    private ClientProfile profile(Key<?> key, String name) {
        ClientProfile profile = profiles.get(name);
        if (profile == null) {
            problem(key, name + " is not a profile; there are " + String.join(", ", profiles.keySet()));
            return ClientProfile.DEFAULT;
        }
        return profile;
    }

    private ProfileRules profileRules() {
        List<ProfileRules.OfNetworks> byNetwork = value(Keys.PROFILE_NETWORKS).stream()
                .map(rule -> new ProfileRules.OfNetworks(rule.whom(), profile(Keys.PROFILE_NETWORKS, rule.what())))
                .toList();
        Map<UserName, ClientProfile> byUser = new LinkedHashMap<>();
        for (Assignment<Set<UserName>> rule : value(Keys.PROFILE_USERS)) {
            ClientProfile profile = profile(Keys.PROFILE_USERS, rule.what());
            rule.whom().forEach(user -> byUser.put(user, profile));
        }
        return new ProfileRules(byNetwork, byUser);
    }

    private Optional<TlsSettings> tls(@Nullable String listener, Path directory) {
        Key<String> certificateKey = of(Keys.LISTEN_TLS_CERTIFICATE, listener);
        Key<String> keyKey = of(Keys.LISTEN_TLS_KEY, listener);
        Key<String> authoritiesKey = of(Keys.LISTEN_TLS_CLIENT_CA, listener);
        Key<ClientCertificate> whetherKey = of(Keys.LISTEN_TLS_CLIENT_CERTIFICATE, listener);
        Optional<Path> certificate = file(certificateKey, directory);
        Optional<Path> key = file(keyKey, directory);
        Optional<Path> authorities = file(authoritiesKey, directory);
        ClientCertificate whether = value(whetherKey);
        if (certificate.isEmpty() || key.isEmpty()) {
            if (certificate.isPresent() || key.isPresent()) {
                problem(certificate.isPresent() ? keyKey : certificateKey, "a certificate and its key go together");
            } else if (whether != ClientCertificate.NONE) {
                problem(whetherKey, "needs TLS: " + certificateKey.name() + " and " + keyKey.name());
            }
            return Optional.empty();
        }
        TlsSettings tls = TlsSettings.of(certificate.get(), key.get());
        if (whether == ClientCertificate.NONE) {
            return Optional.of(tls);
        }
        if (authorities.isEmpty()) {
            problem(authoritiesKey, "must name the authorities that issue client certificates");
            return Optional.of(tls);
        }
        return Optional.of(tls.withClientCertificate(whether, authorities.get()));
    }

    private Optional<TraceSettings> trace(Path directory) {
        Set<UserName> users = value(Keys.TRACE_USERS);
        Networks addresses = value(Keys.TRACE_ADDRESSES);
        long maxOctets = value(Keys.TRACE_MAX_OCTETS);
        int maxFiles = value(Keys.TRACE_MAX_FILES);
        return file(Keys.TRACE_DIRECTORY, directory)
                .map(where -> new TraceSettings(where, users, addresses, maxOctets, maxFiles));
    }

    private Optional<Path> file(Key<String> key, Path directory) {
        String text = value(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(directory.resolve(text).normalize());
        } catch (InvalidPathException e) {
            problem(key, "expected a path");
            return Optional.empty();
        }
    }

    /** The key of a listener: of the one without a name, or of that name. */
    private static <T> Key<T> of(Key<T> key, @Nullable String listener) {
        return listener == null ? key : key.of(listener);
    }

    private Path directory(Path defaultDirectory) {
        try {
            return defaultDirectory.resolve(value(Keys.DIRECTORY)).normalize();
        } catch (InvalidPathException e) {
            problem(Keys.DIRECTORY, "expected a path");
            return defaultDirectory;
        }
    }

    /** The value of a key. If it is bad that is noted, and the default returned so that reading goes on. */
    private <T> T value(Key<T> key) {
        Given text = given.get(key.name());
        if (text != null) {
            try {
                return key.type().read(text.text());
            } catch (IllegalArgumentException e) {
                problem(key, String.valueOf(e.getMessage()));
            }
        }
        return key.type().read(key.defaultValue());
    }

    private void problem(Key<?> key, String message) {
        Given text = given.get(key.name());
        if (text == null) {
            problems.add(new Problem(origin, key.name() + ": " + message));
        } else {
            String shown = Secrets.masked(key.name(), text.text());
            problems.add(new Problem(text.where(), key.name() + " = " + shown + ": " + message));
        }
    }

    private @Nullable Storage storage(HoldPolicy hold, Quota quota, Path directory) {
        String type = value(Keys.STORAGE_TYPE);
        Map<String, MailStoreProvider> byName =
                storages.stream().collect(Collectors.toMap(MailStoreProvider::name, provider -> provider));
        MailStoreProvider provider = byName.get(type);
        if (provider == null) {
            problem(
                    Keys.STORAGE_TYPE,
                    "there is no such storage; found: " + String.join(", ", new TreeMap<>(byName).keySet()));
            return null;
        }
        Map<String, String> defaults = provider.settings().stream()
                .collect(Collectors.toMap(MailStoreProvider.Setting::name, MailStoreProvider.Setting::defaultValue));
        Map<String, String> values = new HashMap<>(defaults);
        values.replaceAll((name, defaultValue) -> {
            Given text = given.get(KeyList.storageKey(provider, name));
            return text == null ? defaultValue : text.text();
        });
        StoreSettings settings = new StoreSettings(values, hold, directory, quota);
        check(provider, new HashMap<>(values), defaults, hold, directory);
        return new Storage(provider, settings);
    }

    /**
     * Lets the storage check its settings: that is what its {@code open} does before anybody subscribes. It names one
     * bad setting at a time, so that one is set back to its default and the storage asked again.
     */
    private void check(
            MailStoreProvider provider,
            Map<String, String> values,
            Map<String, String> defaults,
            HoldPolicy hold,
            Path directory) {
        for (int round = 0; round <= defaults.size(); round++) {
            try {
                provider.open(new StoreSettings(values, hold, directory));
                return;
            } catch (IllegalArgumentException e) {
                String message = String.valueOf(e.getMessage());
                String setting = message.substring(0, Math.max(message.indexOf(':'), 0));
                Key<?> key = known.get(KeyList.storageKey(provider, setting));
                if (key == null) {
                    problems.add(new Problem(origin, "storage." + provider.name() + ": " + message));
                    return;
                }
                problem(key, message.substring(setting.length() + 1).strip());
                String defaultValue = defaults.getOrDefault(setting, "");
                if (defaultValue.equals(values.put(setting, defaultValue))) {
                    return;
                }
            }
        }
    }

    private List<Entry> entries(Path directory) {
        List<Entry> entries = new ArrayList<>();
        for (Key<?> key : known.values()) {
            Given text = given.get(key.name());
            String value = text == null ? key.defaultValue() : text.text();
            if (key.name().equals(Keys.DIRECTORY.name())) {
                value = directory.toString();
            }
            entries.add(new Entry(
                    key.name(),
                    Secrets.masked(key.name(), value),
                    Optional.ofNullable(text).map(Given::where)));
        }
        return entries;
    }

    private static String didYouMean(String name, Collection<String> candidates) {
        return Nearest.to(name, candidates)
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("");
    }
}
