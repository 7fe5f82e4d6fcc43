package org.pop2.profile.ascii;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.pop2.profile.ascii.Part.Attachment;
import org.pop2.profile.ascii.Part.Markup;
import org.pop2.profile.ascii.Part.Multipart;
import org.pop2.profile.ascii.Part.Nested;
import org.pop2.profile.ascii.Part.Text;

/** Writes the parts of one message as lines: of alternatives the best, of what is no text the name. */
final class Renderer {
    private static final int MOST_ATTACHMENTS = 100;
    /** More than one character in so many that cannot be written, and what is said is not told. */
    private static final int TOLERATED = 10;

    private static final int FEW = 20;
    private static final String STAYS = "stays on the server, even if your program deletes this message";

    private final int width;
    private final Transliteration transliteration = new Transliteration();
    private final PlainText plain;
    private final Lines lines;
    private final IdentityHashMap<Text, List<String>> ofHtml = new IdentityHashMap<>();
    private final List<Attachment> attachments = new ArrayList<>();
    private boolean cut;
    /** Whether what comes next stands apart already. */
    private boolean apart = true;

    Renderer(int width, int most) {
        this.width = width;
        this.plain = new PlainText(transliteration, width);
        this.lines = new Lines(most);
    }

    Lines lines() {
        return lines;
    }

    /** Whether there was more text than is shown. */
    boolean isCut() {
        return cut || lines.isFull();
    }

    void show(Part part) {
        if (part instanceof Text text) {
            text(text);
        } else if (part instanceof Attachment attachment) {
            attachments.add(attachment);
        } else if (part instanceof Multipart multipart) {
            multipart(multipart);
        } else if (part instanceof Nested nested) {
            nested(nested);
        }
    }

    private void text(Text text) {
        if (!isShown(text)) {
            cut |= text.cut();
            return;
        }
        separate();
        switch (text.markup()) {
            case PLAIN, OTHER -> plain.fixed(text.content(), lines::add);
            case FLOWED -> plain.flowed(text.content(), false, lines::add);
            case FLOWED_TIGHT -> plain.flowed(text.content(), true, lines::add);
            case ENRICHED -> plain.enriched(text.content(), lines::add);
            case HTML -> html(text).forEach(lines::add);
        }
        cut |= text.cut();
    }

    private List<String> html(Text text) {
        return ofHtml.computeIfAbsent(text, it -> HtmlText.of(it.content(), transliteration, width));
    }

    private void separate() {
        if (!apart) {
            lines.add("");
        }
        apart = false;
    }

    private void multipart(Multipart multipart) {
        if (multipart.parts().isEmpty()) {
            text(multipart.preamble());
            return;
        }
        switch (multipart.kind()) {
            case "alternative" -> alternative(multipart);
            case "encrypted" -> {
                separate();
                lines.add("[This message is encrypted.]");
                multipart.parts().forEach(this::show);
            }
            default -> multipart.parts().forEach(this::show);
        }
    }

    /** The best of them, and what was attached within the others. */
    private void alternative(Multipart multipart) {
        Optional<Part> best = Optional.empty();
        int most = 0;
        for (Part part : multipart.parts()) {
            int worth = worth(part);
            // of equals the later one is the better (RFC 2046 p. 25)
            if (worth > 0 && worth >= most) {
                best = Optional.of(part);
                most = worth;
            }
        }
        for (Part part : multipart.parts()) {
            if (best.isPresent() && part == best.get()) {
                show(part);
            } else {
                attached(part, best.isEmpty());
            }
        }
    }

    private int worth(Part part) {
        if (!isShown(part)) {
            return 0;
        }
        if (!(part instanceof Text text)) {
            return 2;
        }
        return switch (text.markup()) {
            case PLAIN, FLOWED, FLOWED_TIGHT -> 3;
            case ENRICHED, HTML -> 2;
            case OTHER -> 1;
        };
    }

    private boolean isShown(Part part) {
        if (part instanceof Text text) {
            return text.markup() == Markup.HTML ? !html(text).isEmpty() : !text.isEmpty();
        }
        if (part instanceof Multipart multipart) {
            return multipart.parts().stream().anyMatch(this::isShown)
                    || (multipart.parts().isEmpty() && !multipart.preamble().isEmpty());
        }
        return part instanceof Nested;
    }

    /** @param all even what is only another form of something */
    private void attached(Part part, boolean all) {
        if (part instanceof Attachment attachment && (all || attachment.attached())) {
            attachments.add(attachment);
        } else if (part instanceof Multipart multipart) {
            multipart.parts().forEach(it -> attached(it, all));
        } else if (part instanceof Nested nested) {
            attached(nested.content(), all);
        }
    }

    private void nested(Nested nested) {
        separate();
        lines.add("---------- Message ----------");
        nested.fields().forEach(field -> Words.wrap("", "  ", field, width, lines::add));
        lines.add("");
        apart = true;
        show(nested.content());
        lines.add("---------- End of message ----------");
        apart = false;
    }

    /**
     * What is to be said about the rest.
     *
     * @param readable whether all of the message could be read
     * @param headerCut whether there are fields that had no room
     * @return whether nothing was left out
     */
    boolean notes(boolean readable, boolean headerCut, boolean dropAttachments, Consumer<String> out) {
        if (lines.isEmpty()) {
            out.accept("[This message has no text.]");
        }
        boolean complete = true;
        if (isCut()) {
            complete = false;
            note("The rest of the text was left out; all of it " + STAYS + ".", out);
        }
        if (!readable) {
            complete = false;
            note("The rest of this message cannot be read; all of it " + STAYS + ".", out);
        }
        if (headerCut) {
            complete = false;
            note("Fields of the header were left out; all of it " + STAYS + ".", out);
        }
        if (transliteration.lost() > FEW && transliteration.lost() * TOLERATED > transliteration.characters()) {
            complete = false;
            note("Many characters of this text cannot be shown here; all of it " + STAYS + ".", out);
        }
        return attachments(dropAttachments, out) && complete;
    }

    private boolean attachments(boolean drop, Consumer<String> out) {
        List<Attachment> named =
                attachments.stream().filter(it -> !it.isSignature()).toList();
        if (named.isEmpty()) {
            return true;
        }
        out.accept("");
        for (Attachment attachment : named.subList(0, Math.min(named.size(), MOST_ATTACHMENTS))) {
            Words.wrap(
                    "[",
                    " ",
                    "attachment: " + attachment.name().map(it -> it + ", ").orElse("") + attachment.type() + ", "
                            + grouped(attachment.octets()) + " octets]",
                    width,
                    out);
        }
        if (named.size() > MOST_ATTACHMENTS) {
            out.accept("[and " + (named.size() - MOST_ATTACHMENTS) + " more]");
        }
        if (!drop) {
            Words.wrap("[", "", "What is attached " + STAYS + ".]", width, out);
        }
        return drop;
    }

    private void note(String text, Consumer<String> out) {
        out.accept("");
        Words.wrap("[", "", text + "]", width, out);
    }

    private static String grouped(long octets) {
        return String.format(Locale.ROOT, "%,d", octets).replace(',', ' ');
    }
}
