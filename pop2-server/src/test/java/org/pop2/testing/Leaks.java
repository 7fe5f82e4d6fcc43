package org.pop2.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Looks for secrets, in whatever dress, in everything that is logged, at the finest level, while it is open. */
public final class Leaks extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level before = root.getLevel();
    private final List<Appender<ILoggingEvent>> silenced = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
    private final List<String> forbidden = new ArrayList<>();

    public Leaks(String... secrets) {
        for (String secret : secrets) {
            forbidden.addAll(dresses(secret));
        }
        for (Iterator<Appender<ILoggingEvent>> all = root.iteratorForAppenders(); all.hasNext(); ) {
            silenced.add(all.next());
        }
        // megabytes of it
        silenced.forEach(root::detachAppender);
        setContext(root.getLoggerContext());
        start();
        root.addAppender(this);
        root.setLevel(Level.TRACE);
    }

    /** As text, in base64 wherever it begins, in hexadecimal, as an array is printed, and turned around. */
    static List<String> dresses(String secret) {
        byte[] octets = secret.getBytes(StandardCharsets.ISO_8859_1);
        List<String> dresses = new ArrayList<>();
        dresses.add(secret);
        dresses.add(new StringBuilder(secret).reverse().toString());
        dresses.add(HexFormat.of().formatHex(octets));
        dresses.add(HexFormat.ofDelimiter(" ").formatHex(octets));
        dresses.add(HexFormat.ofDelimiter(":").formatHex(octets));
        String array = Arrays.toString(octets);
        dresses.add(array.substring(1, array.length() - 1));
        for (int offset = 0; offset < 3; offset++) {
            byte[] shifted = new byte[octets.length + offset];
            System.arraycopy(octets, 0, shifted, offset, octets.length);
            String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            // without what depends on the neighbours
            dresses.add(encoded.substring(offset == 0 ? 0 : offset + 1, encoded.length() - 2));
        }
        return dresses.stream().map(dress -> dress.toLowerCase(Locale.ROOT)).toList();
    }

    @Override
    protected void append(ILoggingEvent event) {
        said.add(event.getThreadName() + " " + event.getLoggerName() + " " + LogCapture.text(event)
                + (event.getThrowableProxy() == null
                        ? ""
                        : " " + ThrowableProxyUtil.asString(event.getThrowableProxy())));
    }

    /** Something else that somebody may see. */
    public void say(@Nullable Object text) {
        said.add(String.valueOf(text));
    }

    /** How much was looked at. */
    public int size() {
        return said.size();
    }

    public List<String> lines() {
        return List.copyOf(said);
    }

    public void assertNone() {
        for (String line : said) {
            String text = line.toLowerCase(Locale.ROOT);
            for (String secret : forbidden) {
                // the line itself is not shown: it may be megabytes
                int at = text.indexOf(secret);
                assertThat(at)
                        .as(() -> "a secret in: "
                                + line.substring(Math.max(0, at - 200), Math.min(line.length(), at + 200)))
                        .isNegative();
            }
        }
    }

    @Override
    public void close() {
        root.detachAppender(this);
        root.setLevel(before);
        silenced.forEach(root::addAppender);
        stop();
    }
}
