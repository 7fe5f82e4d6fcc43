package org.pop2.auth;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Argon2id and Argon2i (RFC 9106) in the PHC string format, as Dovecot and the reference implementation write it:
 * {@code $argon2id$v=19$m=19456,t=2,p=1$salt$tag}, m in KiB.
 */
final class Argon2Hash implements PasswordHash {
    /** OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane. Some 50 ms. */
    static final int DEFAULT_MEMORY_KIB = 19 * 1024;

    static final int DEFAULT_PASSES = 2;

    /** OWASP's pairs of equal strength: {memory in KiB, passes}. */
    private static final int[][] STRONG_ENOUGH = {
        {46 * 1024, 1}, {DEFAULT_MEMORY_KIB, DEFAULT_PASSES}, {12 * 1024, 3}, {9 * 1024, 4}, {7 * 1024, 5}
    };

    /** Most memory for one hash, in KiB: four times what Dovecot's default takes. */
    static final int MAX_MEMORY_KIB = 256 * 1024;

    /** Most KiB filled in all passes: about 2 s of computing. */
    static final long MAX_WORK_KIB = 1024 * 1024;

    /** Most passes, however little memory each fills. */
    static final int MAX_PASSES = 1000;

    static final int MAX_LANES = 64;

    /**
     * What all hashes being computed may take of the heap together, in KiB: half of it, so that hashes of another
     * server's making cannot exhaust it.
     */
    private static final int MEMORY_BUDGET_KIB = (int)
            Math.max(DEFAULT_MEMORY_KIB, Math.min(Runtime.getRuntime().maxMemory() / 2 / 1024, Integer.MAX_VALUE));

    private static final Semaphore MEMORY = new Semaphore(MEMORY_BUDGET_KIB, true);

    private static final int PRACTICE_MEMORY_KIB = 256;
    private static final int PRACTICE_PASSES = 40;
    private static final AtomicBoolean PRACTISED = new AtomicBoolean();

    private static final int SALT_OCTETS = 16;
    private static final int TAG_OCTETS = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final Pattern PHC =
            Pattern.compile("\\$argon2(id|i)\\$(?:v=(16|19)\\$)?m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,9})"
                    + "\\$([A-Za-z0-9+/]{11,64})\\$([A-Za-z0-9+/]{16,86})");

    private final int type;
    private final int version;
    private final int memoryKib;
    private final int passes;
    private final int lanes;
    private final byte[] salt;
    private final byte[] tag;

    private Argon2Hash(int type, int version, int memoryKib, int passes, int lanes, byte[] salt, byte[] tag) {
        this.type = type;
        this.version = version;
        this.memoryKib = memoryKib;
        this.passes = passes;
        this.lanes = lanes;
        this.salt = salt;
        this.tag = tag;
    }

    static Argon2Hash parse(String phc) throws UnusableHashException {
        Matcher matcher = PHC.matcher(phc);
        if (!matcher.matches()) {
            throw new UnusableHashException("it is no Argon2 hash in the PHC format");
        }
        int memoryKib = Integer.parseInt(matcher.group(3));
        int passes = Integer.parseInt(matcher.group(4));
        int lanes = Integer.parseInt(matcher.group(5));
        if (lanes < 1 || lanes > MAX_LANES || passes < 1 || memoryKib < 8 * lanes) {
            throw new UnusableHashException("its Argon2 parameters are not valid");
        }
        if (memoryKib > MAX_MEMORY_KIB || passes > MAX_PASSES || (long) memoryKib * passes > MAX_WORK_KIB) {
            throw new UnusableHashException("it asks for more memory or time than a login may take");
        }
        if (memoryKib > MEMORY_BUDGET_KIB) {
            throw new UnusableHashException("it asks for " + memoryKib + " KiB, more than half of this process's heap");
        }
        byte[] salt;
        byte[] tag;
        try {
            salt = Base64.getDecoder().decode(matcher.group(6));
            tag = Base64.getDecoder().decode(matcher.group(7));
        } catch (IllegalArgumentException e) {
            throw new UnusableHashException("its salt or tag is not base64");
        }
        return new Argon2Hash(
                matcher.group(1).equals("id") ? Argon2Parameters.ARGON2_id : Argon2Parameters.ARGON2_i,
                // a string without a version is of the first one
                "19".equals(matcher.group(2)) ? Argon2Parameters.ARGON2_VERSION_13 : Argon2Parameters.ARGON2_VERSION_10,
                memoryKib,
                passes,
                lanes,
                salt,
                tag);
    }

    /** A new hash with a fresh salt, as a PHC string. */
    static String hash(byte[] password) {
        byte[] salt = randomOctets(SALT_OCTETS);
        Argon2Hash made = new Argon2Hash(
                Argon2Parameters.ARGON2_id,
                Argon2Parameters.ARGON2_VERSION_13,
                DEFAULT_MEMORY_KIB,
                DEFAULT_PASSES,
                1,
                salt,
                new byte[TAG_OCTETS]);
        return phc(salt, made.compute(password));
    }

    /**
     * Lets Java compile the hash function before the first login needs it: a quarter of a hash's work, in little
     * memory. Call once per process.
     */
    static void practise() {
        if (PRACTISED.compareAndSet(false, true)) {
            Argon2Hash nobodys = new Argon2Hash(
                    Argon2Parameters.ARGON2_id,
                    Argon2Parameters.ARGON2_VERSION_13,
                    PRACTICE_MEMORY_KIB,
                    PRACTICE_PASSES,
                    1,
                    new byte[SALT_OCTETS],
                    new byte[TAG_OCTETS]);
            nobodys.compute(new byte[SALT_OCTETS]);
        }
    }

    /** A hash of the default cost whose password nobody knows. */
    static Decoy standardDecoy() {
        return decoy(
                Argon2Parameters.ARGON2_id,
                Argon2Parameters.ARGON2_VERSION_13,
                DEFAULT_MEMORY_KIB,
                DEFAULT_PASSES,
                1,
                SALT_OCTETS,
                TAG_OCTETS);
    }

    @Override
    public String shape() {
        return shape(type, version, memoryKib, passes, lanes);
    }

    /** A longer salt or tag costs nothing to speak of. */
    private static String shape(int type, int version, int memoryKib, int passes, int lanes) {
        return "argon2-" + type + "-" + version + "-" + memoryKib + "-" + passes + "-" + lanes;
    }

    @Override
    public Optional<Decoy> decoy() {
        return Optional.of(decoy(type, version, memoryKib, passes, lanes, salt.length, tag.length));
    }

    private static Decoy decoy(
            int type, int version, int memoryKib, int passes, int lanes, int saltOctets, int tagOctets) {
        String shape = shape(type, version, memoryKib, passes, lanes);
        return new Decoy(
                shape,
                new Argon2Hash(
                        type, version, memoryKib, passes, lanes, randomOctets(saltOctets), randomOctets(tagOctets)));
    }

    @Override
    public boolean matches(byte[] password) {
        byte[] computed = compute(password);
        try {
            return MessageDigest.isEqual(tag, computed);
        } finally {
            Arrays.fill(computed, (byte) 0);
        }
    }

    @Override
    public boolean isWeak() {
        return type != Argon2Parameters.ARGON2_id
                || version != Argon2Parameters.ARGON2_VERSION_13
                || salt.length < SALT_OCTETS
                || tag.length < TAG_OCTETS
                || Arrays.stream(STRONG_ENOUGH).noneMatch(pair -> memoryKib >= pair[0] && passes >= pair[1]);
    }

    private byte[] compute(byte[] password) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(type)
                .withVersion(version)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] computed = new byte[tag.length];
        MEMORY.acquireUninterruptibly(memoryKib);
        try {
            generator.generateBytes(password, computed);
        } finally {
            MEMORY.release(memoryKib);
        }
        return computed;
    }

    private static String phc(byte[] salt, byte[] tag) {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + DEFAULT_MEMORY_KIB + ",t=" + DEFAULT_PASSES + ",p=1$" + base64.encodeToString(salt)
                + "$" + base64.encodeToString(tag);
    }

    private static byte[] randomOctets(int length) {
        byte[] octets = new byte[length];
        RANDOM.nextBytes(octets);
        return octets;
    }
}
