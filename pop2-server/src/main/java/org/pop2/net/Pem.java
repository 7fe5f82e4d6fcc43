package org.pop2.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/** Reads certificates and keys from PEM files in all common forms. */
final class Pem {
    private static final String PKCS8 = "PRIVATE KEY";
    private static final String PKCS1 = "RSA PRIVATE KEY";
    private static final String SEC1 = "EC PRIVATE KEY";

    private Pem() {}

    /** The certificates of a file, in order; at least one. */
    static List<X509Certificate> certificates(Path file, byte[] octets) throws TlsException {
        List<X509Certificate> certificates = new ArrayList<>();
        try (PemReader reader = reader(octets)) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (PemObject object = reader.readPemObject(); object != null; object = reader.readPemObject()) {
                if (object.getType().endsWith("CERTIFICATE")) {
                    Certificate certificate =
                            factory.generateCertificate(new ByteArrayInputStream(object.getContent()));
                    certificates.add((X509Certificate) certificate);
                }
            }
        } catch (IOException | CertificateException | RuntimeException e) {
            throw new TlsException(file + " contains something that is not a certificate: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new TlsException(file + " holds no certificate (it has to be in PEM form)");
        }
        return certificates;
    }

    /** The first private key of a file. Errors reveal nothing of its content. */
    static PrivateKey privateKey(Path file, byte[] octets) throws TlsException {
        try (PemReader reader = reader(octets)) {
            for (PemObject object = reader.readPemObject(); object != null; object = reader.readPemObject()) {
                byte[] content = object.getContent();
                switch (object.getType()) {
                    case PKCS8 -> {
                        return key(PrivateKeyInfo.getInstance(content));
                    }
                    case PKCS1 -> {
                        return key(new PrivateKeyInfo(
                                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                                RSAPrivateKey.getInstance(content)));
                    }
                    case SEC1 -> {
                        ECPrivateKey key = ECPrivateKey.getInstance(content);
                        return key(new PrivateKeyInfo(
                                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
                                key));
                    }
                    case "ENCRYPTED PRIVATE KEY" ->
                        throw new TlsException(file + " holds an encrypted key; this server needs it unencrypted, in a"
                                + " file that only its user can read (openssl pkey -in FILE -out NEW)");
                    default -> {
                        // parameters of a curve, a certificate: the key comes after
                    }
                }
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw new TlsException(file + " holds a private key that cannot be read ("
                    + e.getClass().getSimpleName() + ")");
        }
        throw new TlsException(file + " holds no private key (it has to be in PEM form)");
    }

    /** Checks that key and certificate match: files are often renewed one after the other. */
    static void requirePair(TlsSettings settings, X509Certificate certificate, PrivateKey key) throws TlsException {
        boolean pair;
        try {
            String algorithm = switch (key.getAlgorithm()) {
                case "RSA" -> "SHA256withRSA";
                case "EC" -> "SHA256withECDSA";
                default -> key.getAlgorithm();
            };
            byte[] text = "the key of this certificate".getBytes(StandardCharsets.US_ASCII);
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(text);
            pair = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            // another kind of key than the certificate's
            pair = false;
        }
        if (!pair) {
            throw new TlsException(settings.key() + " is not the key of the certificate in " + settings.certificate());
        }
    }

    private static PrivateKey key(PrivateKeyInfo info) throws IOException, GeneralSecurityException {
        String algorithm = info.getPrivateKeyAlgorithm().getAlgorithm().getId();
        String name = switch (algorithm) {
            case "1.2.840.113549.1.1.1" -> "RSA";
            case "1.2.840.10045.2.1" -> "EC";
            case "1.3.101.112", "1.3.101.113" -> "EdDSA";
            default -> algorithm;
        };
        byte[] encoded = info.getEncoded();
        try {
            return KeyFactory.getInstance(name).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private static PemReader reader(byte[] octets) {
        return new PemReader(new InputStreamReader(new ByteArrayInputStream(octets), StandardCharsets.ISO_8859_1));
    }
}
