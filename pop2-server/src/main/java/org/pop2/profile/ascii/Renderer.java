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
    /** Of the words of an alternative, so many in a hundred are to be seen, or it is shown as well. */
    private static final int COVERED = 90;

    private static final String STAYS = "stays on the server, even if your program deletes this message";

    private final int width;
    private final Transliteration transliteration = new Transliteration();
    private final PlainText plain;
    private final Lines lines;
    private final IdentityHashMap<Text, Rendered> rendered = new IdentityHashMap<>();
    private final IdentityHashMap<Part, Vocabulary> vocabularies = new IdentityHashMap<>();
    private final List<Attachment> attachments = new ArrayList<>();
    private boolean cut;
    private boolean illegible;
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
        text.name().ifPresent(name -> lines.add("[" + name + "]"));
        rendered(text).lines().forEach(lines::add);
        illegible |= rendered(text).illegible();
        cut |= text.cut() || rendered(text).omitted();
    }

    private Rendered rendered(Text text) {
        return rendered.computeIfAbsent(text, this::render);
    }

    private Rendered render(Text text) {
        if (text.markup() == Markup.HTML) {
            return HtmlText.of(text.content(), transliteration, width);
        }
        List<String> out = new ArrayList<>();
        Transliteration.Tally before = transliteration.tally();
        switch (text.markup()) {
            case PLAIN, OTHER -> plain.fixed(text.content(), out::add);
            case FLOWED -> plain.flowed(text.content(), false, out::add);
            case FLOWED_TIGHT -> plain.flowed(text.content(), true, out::add);
            case ENRICHED -> plain.enriched(text.content(), out::add);
            case HTML -> throw new IllegalStateException("has been rendered above");
        }
        return Rendered.of(out, transliteration.isIllegibleSince(before));
    }

    private void separate() {
        if (!apart) {
            lines.add("");
        }
        apart = false;
    }

    private void multipart(Multipart multipart) {
        switch (multipart.kind()) {
            case "alternative" -> alternative(multipart);
            case "encrypted" -> {
                separate();
                lines.add("[This message is encrypted (PGP).]");
                multipart.parts().forEach(this::show);
            }
            default -> withoutSignature(multipart).forEach(this::show);
        }
        // as a rule it says that this is MIME: not the first thing to be read
        text(multipart.preamble());
        text(multipart.epilogue());
    }

    /**
     * The best of them, what the others say that it does not, and what was attached within them. A text that only says
     * where to read the other one is not the best, though it is plain.
     */
    private void alternative(Multipart multipart) {
        List<Part> readable = multipart.parts().stream().filter(this::isShown).toList();
        List<Part> shown = new ArrayList<>();
        List<String> unseen = new ArrayList<>();
        texts(multipart, text -> cut |= text.cut());
        if (!readable.isEmpty()) {
            Part best = best(readable);
            shown.add(best);
            Vocabulary seen = new Vocabulary();
            seen.add(vocabulary(best));
            for (Part part : readable) {
                if (part != best && !vocabulary(part).isCoveredBy(seen, COVERED)) {
                    shown.add(part);
                } else if (part != best) {
                    collectUnseen(part, seen, unseen);
                }
                seen.add(vocabulary(part));
            }
        }
        shown.forEach(this::show);
        if (!unseen.isEmpty()) {
            separate();
            lines.add("[Only in another form of this text:]");
            unseen.forEach(lines::add);
        }
        for (Part part : multipart.parts()) {
            if (!shown.contains(part)) {
                attached(part);
            }
        }
    }

    private Part best(List<Part> readable) {
        Part best = readable.get(0);
        Part richest = best;
        for (Part part : readable) {
            // of equals the later one is the better (RFC 2046 p. 25)
            best = worth(part) >= worth(best) ? part : best;
            richest = vocabulary(part).size() >= vocabulary(richest).size() ? part : richest;
        }
        return vocabulary(richest).isCoveredBy(vocabulary(best), COVERED) ? best : richest;
    }

    private Vocabulary vocabulary(Part part) {
        Vocabulary known = vocabularies.get(part);
        if (known == null) {
            known = new Vocabulary();
            collect(part, known);
            vocabularies.put(part, known);
        }
        return known;
    }

    private void collect(Part part, Vocabulary words) {
        texts(part, text -> {
            words.add(rendered(text).said());
            illegible |= rendered(text).illegible();
            cut |= text.cut() || rendered(text).omitted();
        });
    }

    /** Lines that say what has not been seen. */
    private void collectUnseen(Part part, Vocabulary seen, List<String> unseen) {
        texts(part, text -> {
            Rendered all = rendered(text);
            for (int i = 0; i < all.lines().size(); i++) {
                if (seen.lacks(all.said().get(i))) {
                    unseen.add(all.lines().get(i));
                }
            }
        });
    }

    private static void texts(Part part, Consumer<Text> to) {
        if (part instanceof Text text) {
            to.accept(text);
        } else if (part instanceof Multipart multipart) {
            multipart.parts().forEach(it -> texts(it, to));
            to.accept(multipart.preamble());
            to.accept(multipart.epilogue());
        } else if (part instanceof Nested nested) {
            to.accept(new Text(Markup.PLAIN, String.join("\n", nested.fields()), false, false, Optional.empty()));
            texts(nested.content(), to);
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
            return text.markup() == Markup.HTML ? !rendered(text).lines().isEmpty() : !text.isEmpty();
        }
        if (part instanceof Multipart multipart) {
            return multipart.parts().stream().anyMatch(this::isShown)
                    || !multipart.preamble().isEmpty()
                    || !multipart.epilogue().isEmpty();
        }
        return part instanceof Nested;
    }

    /** What is not text in a part that is not shown: nobody has seen it. */
    private void attached(Part part) {
        if (part instanceof Attachment attachment) {
            attachments.add(attachment);
        } else if (part instanceof Multipart multipart) {
            withoutSignature(multipart).forEach(this::attached);
        } else if (part instanceof Nested nested) {
            attached(nested.content());
        }
    }

    /** A signature says nothing that could be shown, where it signs something; elsewhere it is a file of any sort. */
    private static List<Part> withoutSignature(Multipart multipart) {
        return multipart.kind().equals("signed")
                ? multipart.parts().stream()
                        .filter(part -> !(part instanceof Attachment attachment && attachment.isSignature()))
                        .toList()
                : multipart.parts();
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
    boolean notes(
            boolean readable,
            boolean headerCut,
            boolean headerIllegible,
            boolean dropAttachments,
            Consumer<String> out) {
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
        if (illegible) {
            complete = false;
            note("Many characters of this text cannot be shown here; all of it " + STAYS + ".", out);
        }
        if (headerIllegible) {
            complete = false;
            note("Many characters of the header or of a name cannot be shown here; all of it " + STAYS + ".", out);
        }
        return attachments(dropAttachments, out) && complete;
    }

    private boolean attachments(boolean drop, Consumer<String> out) {
        if (attachments.isEmpty()) {
            return true;
        }
        out.accept("");
        for (Attachment attachment : attachments.subList(0, Math.min(attachments.size(), MOST_ATTACHMENTS))) {
            Words.wrap(
                    "[",
                    " ",
                    "attachment: " + attachment.name().map(it -> it + ", ").orElse("") + attachment.kind() + ", "
                            + grouped(attachment.octets()) + " octets]",
                    width,
                    out);
        }
        if (attachments.size() > MOST_ATTACHMENTS) {
            out.accept("[and " + (attachments.size() - MOST_ATTACHMENTS) + " more]");
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
