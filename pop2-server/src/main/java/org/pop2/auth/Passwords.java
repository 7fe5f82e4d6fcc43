package org.pop2.auth;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.pop2.library.Library;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;

/**
 * Password hashes of accounts: {@code {SCHEME}hash}, as Dovecot writes them, so that its password files can be taken
 * over.
 *
 * <p>Read: {@code ARGON2ID}, {@code ARGON2I}, {@code BLF-CRYPT} ({@code $2a$ $2b$ $2y$}), {@code SHA512-CRYPT},
 * {@code SHA256-CRYPT}, {@code MD5-CRYPT}, {@code CRYPT} (any of the last four kinds), {@code PBKDF2}, {@code SSHA512},
 * {@code SSHA256}, {@code SSHA}, and {@code PLAIN} (also {@code CLEAR}, {@code CLEARTEXT}; with {@code .b64} or
 * {@code .hex} for passwords that hold a space or are not ASCII). As in Dovecot the case of the scheme is free, and the
 * prefix of the hash decides within a family. Digests without a salt are not read. Written: {@code ARGON2ID}.
 *
 * <p>Besides, {@code OTP} and {@code TOTP}: passwords that are good once, see {@link OneTimePasswords}.
 *
 * <p>A stored hash is data from outside: one that would take more than about 2 s or 256 MiB to try is refused, never
 * tried.
 *
 * <p>The calls that compute a hash block for some 50 ms and more: never on an event loop.
 */
public final class Passwords {
    /** Longest password, in octets: a command line has no more (RFC 937 p. 12). */
    public static final int MAX_OCTETS = 512;

    static final String DEFAULT_SCHEME = "{ARGON2ID}";

    /** Dovecot's schemes that are not supported, so that a message can name them. */
    private static final Set<String> TOO_WEAK = Set.of(
            "DES-CRYPT",
            "MD5",
            "PLAIN-MD5",
            "LDAP-MD5",
            "SMD5",
            "SHA",
            "SHA1",
            "SHA256",
            "SHA512",
            "LANMAN",
            "NTLM",
            "RPA",
            "CRAM-MD5",
            "HMAC-MD5",
            "DIGEST-MD5",
            "SKEY");

    private Passwords() {}

    /** Lets Java compile the hash function before the first login needs it. Call once per process. Blocks. */
    public static void practise() {
        Argon2Hash.practise();
    }

    /**
     * A new hash of this password in the default scheme. Blocks.
     *
     * @throws IllegalArgumentException if the password is empty, longer than {@link #MAX_OCTETS} or holds a NUL: nobody
     *     could log in with it
     * @throws org.pop2.library.MissingLibraryException without Bouncy Castle
     */
    public static String hash(Secret password) {
        Library.BOUNCY_CASTLE.require("Argon2 hashes");
        byte[] octets = password.octets();
        try {
            if (!isPossible(octets)) {
                throw new IllegalArgumentException("a password has 1 to " + MAX_OCTETS + " octets, none of them a NUL");
            }
            return DEFAULT_SCHEME + Argon2Hash.hash(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    /**
     * Whether this is the password of that stored hash. An empty password never is. Does not use up a one-time
     * password. Blocks.
     *
     * @throws UnusableHashException if no password can be checked against the stored hash
     */
    public static boolean verify(String stored, Secret password) throws UnusableHashException {
        PasswordHash hash = parse(stored);
        byte[] octets = password.octets();
        try {
            return isPossible(octets) && hash.matches(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    /**
     * Whether to hash the password anew at its next login: the stored hash has another scheme than the default, is
     * weaker than OWASP recommends, or cannot be used. Does not block.
     */
    public static boolean needsRehash(String stored) {
        try {
            return parse(stored).isWeak();
        } catch (UnusableHashException e) {
            return true;
        }
    }

    /** Whether the stored "hash" is the password itself, readable by whoever reads the accounts. Does not block. */
    public static boolean isPlain(String stored) {
        Optional<String> followed = OneTimePasswords.passwordOfTotp(stored);
        if (followed.isPresent()) {
            return isPlain(followed.get());
        }
        int end = stored.indexOf('}');
        return stored.startsWith("{") && end > 0 && isPlainScheme(scheme(stored.substring(1, end)));
    }

    /** The users whose password is stored in clear, for a warning. Reads all accounts, when subscribed to. */
    public static Flux<UserName> plainAccounts(Accounts accounts) {
        return Flux.from(accounts.list())
                .filter(account -> isPlain(account.passwordHash()))
                .map(Account::user);
    }

    /**
     * Checks that a login could succeed with that stored hash. Does not block.
     *
     * @throws UnusableHashException if no password can be checked against it; the message says why, without quoting it
     */
    public static void requireUsable(String stored) throws UnusableHashException {
        PasswordHash unused = parse(stored);
    }

    static PasswordHash parse(String stored) throws UnusableHashException {
        return parse(stored, InstantSource.system());
    }

    static PasswordHash parse(String stored, InstantSource clock) throws UnusableHashException {
        int end = stored.indexOf('}');
        if (!stored.startsWith("{") || end < 0) {
            throw new UnusableHashException("it does not begin with a {SCHEME}");
        }
        String name = stored.substring(1, end);
        String scheme = scheme(name);
        String hash = stored.substring(end + 1);
        if (isPlainScheme(scheme)) {
            String encoding = name.length() == scheme.length() ? "" : name.substring(scheme.length() + 1);
            return PlainHash.parse(hash, encoding.toUpperCase(Locale.ROOT));
        }
        return switch (scheme) {
            case "ARGON2ID", "ARGON2I" -> {
                requireLibrary(Library.BOUNCY_CASTLE);
                yield Argon2Hash.parse(hash);
            }
            case "BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "MD5-CRYPT", "CRYPT" -> {
                requireLibrary(Library.BOUNCY_CASTLE);
                requireLibrary(Library.COMMONS_CODEC);
                yield CryptHash.parse(hash);
            }
            case "PBKDF2" -> {
                requireLibrary(Library.BOUNCY_CASTLE);
                yield Pbkdf2Hash.parse(hash);
            }
            case "SSHA512", "SSHA256", "SSHA" -> SaltedHash.parse(scheme, name.substring(scheme.length()), hash);
            case OtpHash.SCHEME -> OtpHash.parse(hash);
            case TotpHash.SCHEME -> {
                requireLibrary(Library.COMMONS_CODEC);
                yield TotpHash.parse(hash, clock);
            }
            default -> {
                if (TOO_WEAK.contains(scheme)) {
                    throw new UnusableHashException(
                            "its scheme " + scheme + " is too weak to be read; set a new password");
                }
                // without naming it: it may be a password put where a scheme belongs
                throw new UnusableHashException("its scheme is not one of ARGON2ID, ARGON2I, BLF-CRYPT, SHA512-CRYPT,"
                        + " SHA256-CRYPT, MD5-CRYPT, CRYPT, PBKDF2, SSHA512, SSHA256, SSHA, PLAIN, OTP and TOTP");
            }
        };
    }

    private static void requireLibrary(Library library) throws UnusableHashException {
        if (!library.isPresent()) {
            throw new UnusableHashException(library.missing("hashes of its scheme"));
        }
    }

    /** Whether these octets can be a password at all: not with a NUL, which ends a password for crypt(3). */
    static boolean isPossible(byte[] password) {
        if (password.length == 0 || password.length > MAX_OCTETS) {
            return false;
        }
        for (byte octet : password) {
            if (octet == 0) {
                return false;
            }
        }
        return true;
    }

    private static String scheme(String name) {
        int dot = name.indexOf('.');
        return (dot < 0 ? name : name.substring(0, dot)).toUpperCase(Locale.ROOT);
    }

    private static boolean isPlainScheme(String scheme) {
        return scheme.equals("PLAIN") || scheme.equals("CLEAR") || scheme.equals("CLEARTEXT");
    }
}
