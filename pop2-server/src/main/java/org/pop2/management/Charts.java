package org.pop2.management;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** The last hour as pictures: an area for each number, a step for each sample, the latest at the right. */
final class Charts {
    private static final int HEIGHT = 60;
    private static final long SECONDS = Samples.DISTANCE.toSeconds();

    static void of(List<Samples.Sample> samples, StringBuilder out) {
        out.append("<section aria-labelledby=\"hour\"><h2 id=\"hour\">The last hour</h2>\n<div class=\"charts\">\n");
        chart("Octets a second", samples, Samples.Sample::octets, 1, SECONDS, out);
        chart("Messages a minute", samples, Samples.Sample::messages, 60, SECONDS, out);
        chart("Connections", samples, Samples.Sample::sessions, 1, 1, out);
        out.append("</div></section>\n");
    }

    /** @param times factor, with the divisor {@code by}, from a sample's value to the displayed number */
    private static void chart(
            String name,
            List<Samples.Sample> samples,
            ToLongFunction<Samples.Sample> value,
            long times,
            long by,
            StringBuilder out) {
        long most = samples.stream().mapToLong(value).max().orElse(0);
        String atMost = "at most " + PageText.number(Math.round((double) most * times / by));
        out.append("<figure>\n<figcaption><b>")
                .append(Html.escape(name))
                .append("</b> ")
                .append(Html.escape(atMost))
                .append("</figcaption>\n<svg viewBox=\"0 0 ")
                .append(Samples.MOST)
                .append(' ')
                .append(HEIGHT)
                .append("\" role=\"img\" preserveAspectRatio=\"none\" aria-label=\"")
                .append(Html.escape(name + " in the last " + minutes(samples) + " min, " + atMost))
                .append("\"><path d=\"");
        area(samples, value, most, out);
        out.append("\"/></svg>\n<div class=\"axis\" aria-hidden=\"true\"><span>1 h ago</span><span>now</span></div>\n")
                .append("</figure>\n");
    }

    private static long minutes(List<Samples.Sample> samples) {
        return Math.max(1, samples.size() * SECONDS / 60);
    }

    private static void area(
            List<Samples.Sample> samples, ToLongFunction<Samples.Sample> value, long most, StringBuilder out) {
        int x = Samples.MOST - samples.size();
        out.append('M').append(x).append(' ').append(HEIGHT);
        for (Samples.Sample sample : samples) {
            double height = most == 0 ? 0 : (double) value.applyAsLong(sample) / most * (HEIGHT - 2);
            x++;
            out.append(String.format(Locale.ROOT, "V%.1fH%d", HEIGHT - height, x));
        }
        out.append('V').append(HEIGHT).append('Z');
    }

    private Charts() {}
}
