package org.pop2.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.Md5Crypt;
import org.apache.commons.codec.digest.Sha2Crypt;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;

/** Hashes of crypt(3), distinguished by their prefix: bcrypt, SHA-256-crypt, SHA-512-crypt and MD5-crypt. */
final class CryptHash {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** About 2 s of computing; 12 is usual. */
    static final int MAX_BCRYPT_COST = 15;

    /** About 1 s of computing; 5,000 is the default, and widespread tools use 656,000. */
    static final int MAX_SHA_ROUNDS = 1_000_000;

    private static final Pattern BCRYPT = Pattern.compile("\\$2[aby]\\$([0-9]{2})\\$[./A-Za-z0-9]{53}");
    private static final Pattern SHA = Pattern.compile("(\\$[56]\\$)(?:rounds=([0-9]{1,9})\\$)?([./A-Za-z0-9]{1,16})"
            + "\\$([./A-Za-z0-9]{43}|[./A-Za-z0-9]{86})");
    private static final int SHA512_LENGTH = 86;

    private static final Pattern MD5 = Pattern.compile("(\\$1\\$[./A-Za-z0-9]{1,8})\\$([./A-Za-z0-9]{22})");

    private CryptHash() {}

    static PasswordHash parse(String crypt) throws UnusableHashException {
        Matcher bcrypt = BCRYPT.matcher(crypt);
        if (bcrypt.matches()) {
            int cost = Integer.parseInt(bcrypt.group(1));
            if (cost < 4 || cost > MAX_BCRYPT_COST) {
                throw new UnusableHashException("its bcrypt cost is not within 4 to " + MAX_BCRYPT_COST);
            }
            return new Bcrypt(crypt, cost);
        }
        Matcher sha = SHA.matcher(crypt);
        if (sha.matches()) {
            String prefix = sha.group(1);
            String rounds = sha.group(2);
            String digest = sha.group(4);
            if (prefix.equals("$6$") != (digest.length() == SHA512_LENGTH)) {
                throw new UnusableHashException("its length is not that of its kind");
            }
            if (rounds != null && Integer.parseInt(rounds) > MAX_SHA_ROUNDS) {
                throw new UnusableHashException("it asks for more than " + MAX_SHA_ROUNDS + " rounds");
            }
            String setting = crypt.substring(0, crypt.length() - digest.length() - 1);
            return new ShaCrypt(setting, digest.getBytes(StandardCharsets.US_ASCII));
        }
        Matcher md5 = MD5.matcher(crypt);
        if (md5.matches()) {
            return new Md5(md5.group(1), md5.group(2).getBytes(StandardCharsets.US_ASCII));
        }
        throw new UnusableHashException("it is not a bcrypt, SHA-256-crypt, SHA-512-crypt or MD5-crypt hash;"
                + " the traditional crypt of 8 characters is too weak and is not read");
    }

    /** Of a password over 72 octets only the first 72 count, here as in every bcrypt. */
    private record Bcrypt(String crypt, int cost) implements PasswordHash {
        private static final int PREFIX = "$2y$05$".length();

        @Override
        public boolean matches(byte[] password) {
            return OpenBSDBCrypt.checkPassword(crypt, password);
        }

        @Override
        public String shape() {
            return "bcrypt-" + cost;
        }

        @Override
        public Optional<Decoy> decoy() {
            // 22 characters of salt, the last with two bits only; 31 of digest
            String random = letters(21) + "e" + letters(30) + "e";
            return Optional.of(new Decoy(shape(), new Bcrypt(crypt.substring(0, PREFIX) + random, cost)));
        }

        @Override
        public String toString() {
            return "bcrypt ***";
        }
    }

    private static final class ShaCrypt implements PasswordHash {
        private final String setting;
        private final byte[] digest;

        ShaCrypt(String setting, byte[] digest) {
            this.setting = setting;
            this.digest = digest;
        }

        @Override
        public boolean matches(byte[] password) {
            // a clone: commons-codec wipes the array it is given
            byte[] copy = password.clone();
            String computed = setting.startsWith("$6$")
                    ? Sha2Crypt.sha512Crypt(copy, setting)
                    : Sha2Crypt.sha256Crypt(copy, setting);
            // the digest alone: rounds below 1,000 come back as 1,000 (the specification's minimum)
            String computedDigest = computed.substring(computed.lastIndexOf('$') + 1);
            return MessageDigest.isEqual(digest, computedDigest.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public String shape() {
            return setting.substring(0, setting.lastIndexOf('$') + 1);
        }

        @Override
        public Optional<Decoy> decoy() {
            String parameters = shape();
            return Optional.of(new Decoy(
                    parameters,
                    new ShaCrypt(
                            parameters + letters(setting.length() - parameters.length()),
                            letters(digest.length).getBytes(StandardCharsets.US_ASCII))));
        }
    }

    /** A thousand rounds of MD5: weak. Accepted so that accounts can be migrated; hashed anew at a login. */
    private static final class Md5 implements PasswordHash {
        private final String setting;
        private final byte[] digest;

        Md5(String setting, byte[] digest) {
            this.setting = setting;
            this.digest = digest;
        }

        @Override
        public boolean matches(byte[] password) {
            String computed = Md5Crypt.md5Crypt(password.clone(), setting);
            String computedDigest = computed.substring(computed.lastIndexOf('$') + 1);
            return MessageDigest.isEqual(digest, computedDigest.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public boolean isCheap() {
            return true;
        }
    }

    /** A pattern for that many characters of a salt or digest. */
    private static String letters(int count) {
        StringBuilder letters = new StringBuilder(count);
        for (int i = 0; i < count; i++) {
            letters.append((char) ('a' + RANDOM.nextInt(26)));
        }
        return letters.toString();
    }
}
