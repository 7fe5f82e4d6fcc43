package org.pop2.app.logging;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.LogFormat;

/**
 * The encoder of {@code conf/logback.xml}: a line for each event, in UTF-8, as text or, from the moment that
 * {@code log.format} says so, as JSON. The pattern is that of the text; {@code %event} is the event.
 */
public final class EventEncoder extends EncoderBase<ILoggingEvent> {
    private final TextLines standard = new TextLines(ZoneId.systemDefault());

    /** Set where the lines of text are other ones. */
    private @Nullable PatternLayout own;

    private String pattern = TextLines.PATTERN;

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
        if (!pattern.equals(TextLines.PATTERN)) {
            PatternLayout layout = new PatternLayout();
            layout.setContext(getContext());
            layout.getInstanceConverterMap().put("event", EventConverter::new);
            layout.setPattern(pattern);
            layout.start();
            own = layout;
        }
        super.start();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        if (format == LogFormat.JSON) {
            return JsonLines.encode(event);
        }
        String line = own == null ? standard.line(event) : Objects.requireNonNull(own.doLayout(event));
        return line.getBytes(StandardCharsets.UTF_8);
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
