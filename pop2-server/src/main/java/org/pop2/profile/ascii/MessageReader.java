package org.pop2.profile.ascii;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.binary.Base64InputStream;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.stream.EntityState;
import org.apache.james.mime4j.stream.Field;
import org.apache.james.mime4j.stream.MimeConfig;
import org.apache.james.mime4j.stream.MimeTokenStream;
import org.apache.james.mime4j.stream.NameValuePair;
import org.apache.james.mime4j.stream.RawField;
import org.apache.james.mime4j.stream.RawFieldParser;
import org.apache.james.mime4j.stream.RecursionMode;
import org.apache.james.mime4j.util.MimeParameterMapping;
import org.jspecify.annotations.Nullable;
import org.pop2.profile.ascii.Part.Attachment;
import org.pop2.profile.ascii.Part.Markup;
import org.pop2.profile.ascii.Part.Multipart;
import org.pop2.profile.ascii.Part.Nested;
import org.pop2.profile.ascii.Part.Text;

/**
 * Reads a message in one pass and keeps what may be shown: at most {@value #TEXT_KEPT} octets of text, whatever its
 * size.
 */
final class MessageReader {
    /** Most octets of all texts, decoded. */
    static final int TEXT_KEPT = 1024 * 1024;
    /** Most octets of one text. HTML is several times as long as its visible text. */
    static final int LONGEST_TEXT = 512 * 1024;

    static final int MAX_DEPTH = 20;
    static final int MAX_PARTS = 500;
    private static final int LONGEST_FIELD = 64 * 1024;
    private static final int MAX_FIELDS = 1000;
    private static final int HEADER_KEPT = 256 * 1024;
    private static final int LONGEST_NAME = 150;

    private static final MimeConfig LIMITS = MimeConfig.custom()
            .setMaxLineLen(LONGEST_FIELD)
            .setMaxHeaderLen(LONGEST_FIELD)
            .setMaxHeaderCount(MAX_FIELDS)
            .setMaxContentLen(-1)
            .build();

    private static final Set<String> TEXTS_OF_REPORTS = Set.of(
            "message/delivery-status",
            "message/disposition-notification",
            "message/feedback-report",
            "message/global-delivery-status");
    private static final Set<String> NO_TEXTS = Set.of("text/rtf", "text/x-amp-html");
    private static final List<String> MAIN_FIELDS = List.of("from", "to", "cc", "date", "subject");
    private static final Pattern META_CHARSET = Pattern.compile("(?i)charset\\s*=\\s*[\"']?\\s*([\\w.:-]{2,40})");

    private final Transliteration transliteration;
    private final byte[] buffer = new byte[8 * 1024];
    private final List<byte[]> header = new ArrayList<>();
    private final Deque<Entity> entities = new ArrayDeque<>();
    private int headerOctets;
    private int fieldsKept;
    private boolean fieldsCut;
    private boolean contradictory;
    private int textKept;
    private int parts;
    private boolean complete = true;
    private boolean headerRead;
    private @Nullable Part content;
    private boolean illegible;
    private long epilogue;

    /** An entity that is being read. */
    private final class Entity {
        final Map<String, String> fields = new HashMap<>();
        /** For an embedded message: sender and so on, one line each, in the order of {@link #MAIN_FIELDS}. */
        final Map<String, List<String>> main = new LinkedHashMap<>();
        /** Other text in a header of a part. */
        final List<String> others = new ArrayList<>();

        @Nullable
        Multipart multipart;

        Part content = Part.NOTHING;
        boolean message;

        void field(Field field) {
            String name = field.getName().strip().toLowerCase(Locale.ROOT);
            boolean content = name.startsWith("content-");
            String body = content || entities.size() > 1 ? text(field) : "";
            if (content) {
                // of two the first counts: a program that looked for viruses may have looked at it alone
                String before = fields.putIfAbsent(name, body);
                if (before != null && name.equals("content-type") && !HeaderEnds.isUsableType(before)) {
                    fields.put(name, body);
                }
                // text that is decoded as the wrong one says something else
                contradictory |= before != null
                        && name.equals("content-transfer-encoding")
                        && !value(before).equals(value(body));
            }
            if (content
                    ? ContentFields.saysMore(name, body)
                    : entities.size() > 1 && !TraceFields.containWithin(name)) {
                String line = name.equals("content-description")
                        ? "[" + body + "]"
                        : field.getName().strip() + ": " + body;
                fieldsKept += line.length();
                if (fieldsKept > HEADER_KEPT) {
                    fieldsCut = true;
                } else if (message && MAIN_FIELDS.contains(name)) {
                    main.computeIfAbsent(name, any -> new ArrayList<>()).add(line);
                } else {
                    others.add(line);
                }
            }
        }

        private String text(Field field) {
            Transliteration.Tally before = transliteration.tally();
            String body = HeaderField.of(octets(field), transliteration).body();
            illegible |= transliteration.isIllegibleSince(before);
            return body;
        }

        Part whole() {
            return multipart == null ? content : multipart;
        }

        void add(Part part) {
            if (multipart == null) {
                content = part;
            } else {
                multipart.parts().add(part);
            }
        }

        /** The part as shown: preceded by the text of its header, unless that is the message's own header. */
        Part shown() {
            if (message && !entities.isEmpty()) {
                List<String> lines = new ArrayList<>();
                MAIN_FIELDS.forEach(name -> lines.addAll(main.getOrDefault(name, List.of())));
                lines.addAll(others);
                return new Nested(lines, whole());
            }
            if (others.isEmpty()) {
                return whole();
            }
            Multipart both = Part.multipart("mixed");
            both.parts().add(new Text(Markup.PLAIN, String.join("\n", others), false, false, Optional.empty()));
            both.parts().add(whole());
            return both;
        }
    }

    MessageReader(Transliteration transliteration) {
        this.transliteration = transliteration;
    }

    /** The raw fields of the message's header, without those beyond 256 KiB. */
    List<byte[]> header() {
        return header;
    }

    boolean headerRead() {
        return headerRead;
    }

    /** Whether nothing was left out because of a limit or an error. */
    boolean complete() {
        return complete;
    }

    /** What was read, even if reading has failed. */
    Part content() {
        if (content != null) {
            return content;
        }
        Entity child = null;
        while (!entities.isEmpty()) {
            Entity entity = entities.removeLast();
            if (child != null) {
                entity.add(child.shown());
            }
            child = entity;
        }
        return child == null ? Part.NOTHING : child.shown();
    }

    /** @throws MimeException if the message exceeds a limit; what was read until then is available */
    void read(InputStream message) throws IOException, MimeException {
        MimeTokenStream tokens = new MimeTokenStream(LIMITS);
        HeaderEnds headers = new HeaderEnds(message);
        tokens.parse(headers);
        complete = false;
        for (EntityState state = tokens.getState(); state != EntityState.T_END_OF_STREAM; state = tokens.next()) {
            switch (state) {
                case T_START_MESSAGE, T_START_BODYPART -> {
                    if (++parts > MAX_PARTS) {
                        return;
                    }
                    Entity entity = new Entity();
                    entity.message = state == EntityState.T_START_MESSAGE;
                    entities.addLast(entity);
                }
                case T_FIELD -> field(tokens.getField());
                case T_END_HEADER -> {
                    headerRead = true;
                    // deeper than that it is a part like any other, and only named
                    boolean flat = entities.size() >= MAX_DEPTH || isEncodedMessage(current());
                    tokens.setRecursionMode(flat ? RecursionMode.M_FLAT : RecursionMode.M_RECURSE);
                }
                case T_START_MULTIPART ->
                    current().multipart =
                            Part.multipart(subtype(tokens.getBodyDescriptor().getMimeType()));
                case T_PREAMBLE -> around(tokens.getInputStream(), true);
                case T_EPILOGUE -> around(tokens.getInputStream(), false);
                case T_BODY -> current().add(leaf(tokens));
                case T_END_MESSAGE, T_END_BODYPART -> end();
                default -> {}
            }
        }
        skip(headers);
        complete = epilogue >= headers.epilogue() && !fieldsCut && !contradictory;
    }

    /** It must not be (RFC 2046 p. 28), and the header within could not be told from its text. */
    private static boolean isEncodedMessage(Entity entity) {
        String encoding = value(entity.fields.get("content-transfer-encoding"));
        return value(entity.fields.get("content-type")).startsWith("message/")
                && (encoding.equals("base64") || encoding.equals("quoted-printable"));
    }

    private Entity current() {
        return Objects.requireNonNull(entities.peekLast(), "nothing begun");
    }

    private void end() {
        Entity ended = entities.removeLast();
        Entity around = entities.peekLast();
        if (around == null) {
            content = ended.shown();
        } else {
            around.add(ended.shown());
        }
    }

    private void field(Field field) {
        if (entities.size() == 1) {
            byte[] octets = octets(field);
            headerOctets += octets.length;
            if (headerOctets <= HEADER_KEPT) {
                header.add(octets);
            }
        }
        current().field(field);
    }

    private static byte[] octets(Field field) {
        var raw = field.getRaw();
        return raw == null
                ? (field.getName() + ": " + field.getBody()).getBytes(StandardCharsets.ISO_8859_1)
                : raw.toByteArray();
    }

    private static String subtype(String type) {
        return type.substring(type.indexOf('/') + 1).toLowerCase(Locale.ROOT);
    }

    /** Keeps text before the first part or behind the last one, which mail programs do not show. */
    private void around(InputStream text, boolean before) throws IOException {
        byte[] octets = text.readNBytes(Math.min(LONGEST_TEXT, TEXT_KEPT - textKept));
        boolean cut = skip(text) > 0;
        textKept += octets.length;
        epilogue += before ? 0 : HeaderEnds.visible(octets, 0, octets.length);
        Entity entity = current();
        Multipart multipart = Objects.requireNonNull(entity.multipart);
        Text read = new Text(Markup.PLAIN, Charsets.guessed(octets), cut, false, Optional.empty());
        entity.multipart = before ? multipart.withPreamble(read) : multipart.withEpilogue(read);
    }

    private Part leaf(MimeTokenStream tokens) throws IOException {
        Entity entity = current();
        String type = tokens.getBodyDescriptor().getMimeType().toLowerCase(Locale.ROOT);
        Map<String, String> parameters = parameters(entity.fields.get("content-type"));
        String disposition = value(entity.fields.get("content-disposition"));
        boolean text = type.startsWith("text/") && !NO_TEXTS.contains(type) && !disposition.equals("attachment");
        boolean base64 = tokens.getBodyDescriptor().getTransferEncoding().equalsIgnoreCase("base64");
        // not closed: that would close the message
        Base64Watch raw = new Base64Watch(base64 ? tokens.getInputStream() : InputStream.nullInputStream());
        // mime4j would drop the last octets where the padding is missing
        InputStream body = base64 ? new Base64InputStream(raw) : tokens.getDecodedInputStream();
        Map<String, String> ofDisposition = parameters(entity.fields.get("content-disposition"));
        Optional<String> name = name(ofDisposition.getOrDefault("filename", parameters.getOrDefault("name", "")));
        if (text || TEXTS_OF_REPORTS.contains(type)) {
            Text shown = text(body, type, parameters, tokens.getBodyDescriptor().getTransferEncoding(), name);
            skip(raw);
            return raw.hasSeenOther() ? shown.withMore() : shown;
        }
        return new Attachment(shown(type), name, skip(body));
    }

    /** Whether a field of a part, or an attachment's name, cannot be shown. */
    boolean isIllegible() {
        return illegible;
    }

    private Optional<String> name(String name) {
        Transliteration.Tally before = transliteration.tally();
        String ascii = transliteration.line(EncodedWords.decoded(name)).strip();
        illegible |= transliteration.isIllegibleSince(before);
        // a path would say more about the sender's machine than about the file
        ascii = ascii.substring(Math.max(ascii.lastIndexOf('/'), ascii.lastIndexOf('\\')) + 1);
        return ascii.isEmpty() ? Optional.empty() : Optional.of(shortened(ascii));
    }

    private String shown(String type) {
        return shortened(transliteration.line(type).replace(' ', '_'));
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME - 3) + "...";
    }

    private Text text(
            InputStream body, String type, Map<String, String> parameters, String encoding, Optional<String> name)
            throws IOException {
        int room = Math.min(LONGEST_TEXT, TEXT_KEPT - textKept);
        byte[] octets = body.readNBytes(room);
        boolean cut = skip(body) > 0;
        textKept += octets.length;
        String charset = parameters.get("charset");
        Markup markup = markup(type, parameters);
        if (markup == Markup.HTML && charset == null) {
            Matcher meta = META_CHARSET.matcher(
                    new String(octets, 0, Math.min(2048, octets.length), StandardCharsets.ISO_8859_1));
            charset = meta.find() ? meta.group(1) : null;
        }
        boolean asStored = entities.size() == 1
                && Set.of("7bit", "8bit", "binary").contains(encoding.strip().toLowerCase(Locale.ROOT))
                && Charsets.isLikeAscii(charset);
        return new Text(markup, Charsets.decode(octets, charset), cut, asStored, name);
    }

    private static Markup markup(String type, Map<String, String> parameters) {
        return switch (type) {
            case "text/html" -> Markup.HTML;
            case "text/enriched", "text/richtext" -> Markup.ENRICHED;
            case "text/plain" -> {
                if (!parameters.getOrDefault("format", "").equalsIgnoreCase("flowed")) {
                    yield Markup.PLAIN;
                }
                yield parameters.getOrDefault("delsp", "").equalsIgnoreCase("yes")
                        ? Markup.FLOWED_TIGHT
                        : Markup.FLOWED;
            }
            default -> TEXTS_OF_REPORTS.contains(type) ? Markup.PLAIN : Markup.OTHER;
        };
    }

    private long skip(InputStream in) throws IOException {
        long octets = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            octets += read;
        }
        return octets;
    }

    private static String value(@Nullable String body) {
        if (body == null) {
            return "";
        }
        int end = body.indexOf(';');
        return (end < 0 ? body : body.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    /** By name in small letters; RFC 2231's pieces put together. */
    private static Map<String, String> parameters(@Nullable String body) {
        Map<String, String> parameters = new HashMap<>();
        if (body == null) {
            return parameters;
        }
        MimeParameterMapping mapping = new MimeParameterMapping();
        for (NameValuePair pair :
                RawFieldParser.DEFAULT.parseRawBody(new RawField("X", body)).getParams()) {
            if (pair.getValue() != null) {
                mapping.addParameter(pair.getName(), pair.getValue());
            }
        }
        mapping.getParameters().forEach((name, value) -> parameters.put(name.toLowerCase(Locale.ROOT), value));
        return parameters;
    }
}
