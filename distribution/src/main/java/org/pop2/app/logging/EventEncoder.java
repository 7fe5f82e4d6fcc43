package org.pop2.app.logging;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import org.pop2.app.config.LogFormat;

/**
 * The encoder of {@code conf/logback.xml}: a line for each event, in UTF-8, as text or, from the moment that
 * {@code log.format} says so, as JSON. The pattern is that of the text; {@code %event} is the event.
 */
public final class EventEncoder extends EncoderBase<ILoggingEvent> {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %event%n";

    private final PatternLayout text = new PatternLayout();

    private String pattern = PATTERN;

    private volatile LogFormat format = LogFormat.TEXT;

    /** Called by logback, with what {@code <pattern>} says. */
    public void setPattern(String pattern) {
        this.pattern = pattern;
    }

    /** From now on; also while others log. */
    public void use(LogFormat wanted) {
        format = wanted;
    }

    @Override
    public void start() {
        text.setContext(getContext());
        text.getInstanceConverterMap().put("event", EventConverter::new);
        text.setPattern(pattern);
        text.start();
        super.start();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        if (format == LogFormat.JSON) {
            return JsonLines.encode(event);
        }
        return text.doLayout(event).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }
}
