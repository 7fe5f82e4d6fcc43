package org.pop2.library;

/**
 * An optional library: pop2-server comes without it, and programs that need it add it as a dependency. {@code pop2-bom}
 * has its version.
 */
public enum Library {
    BOUNCY_CASTLE("org.bouncycastle:bcprov-jdk18on", "org.bouncycastle.crypto.generators.Argon2BytesGenerator"),
    COMMONS_CODEC("commons-codec:commons-codec", "org.apache.commons.codec.digest.Sha2Crypt"),
    MIME4J("org.apache.james:apache-mime4j-core", "org.apache.james.mime4j.stream.MimeTokenStream"),
    JSOUP("org.jsoup:jsoup", "org.jsoup.Jsoup"),
    ICU4J("com.ibm.icu:icu4j", "com.ibm.icu.text.Transliterator"),
    ANGUS_MAIL("org.eclipse.angus:angus-mail", "org.eclipse.angus.mail.imap.IMAPStore"),
    HAPROXY("io.netty:netty-codec-haproxy", "io.netty.handler.codec.haproxy.HAProxyMessageDecoder"),
    HTTP("io.projectreactor.netty:reactor-netty-http", "reactor.netty.http.server.HttpServer"),
    MICROMETER("io.micrometer:micrometer-core", "io.micrometer.core.instrument.MeterRegistry"),
    PROMETHEUS(
            "io.micrometer:micrometer-registry-prometheus", "io.micrometer.prometheusmetrics.PrometheusMeterRegistry"),
    JACKSON("com.fasterxml.jackson.core:jackson-core", "com.fasterxml.jackson.core.JsonFactory"),
    /** Native sockets of Linux: optional, but the server is faster with them. */
    EPOLL("io.netty:netty-transport-native-epoll", "io.netty.channel.epoll.Epoll");

    private final String coordinates;
    private final String className;

    Library(String coordinates, String className) {
        this.coordinates = coordinates;
        this.className = className;
    }

    /** Group and artefact, as Maven names them. */
    public String coordinates() {
        return coordinates;
    }

    /** Whether it is on the class path. */
    public boolean isPresent() {
        return isPresent(className, Library.class.getClassLoader());
    }

    /** Looks without loading anything. */
    static boolean isPresent(String className, ClassLoader loader) {
        return loader.getResource(className.replace('.', '/') + ".class") != null;
    }

    /**
     * Checks that it is present.
     *
     * @param what needs it, in the plural: {@code "Argon2 hashes"}
     * @throws MissingLibraryException if not
     */
    public void require(String what) {
        if (!isPresent()) {
            throw new MissingLibraryException(missing(what));
        }
    }

    /** One line that says what needs it and which dependency to add. */
    public String missing(String what) {
        return what + " need the library " + coordinates + ", which is not on the class path";
    }
}
