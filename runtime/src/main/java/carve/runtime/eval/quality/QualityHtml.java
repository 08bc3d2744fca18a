package carve.runtime.eval.quality;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The page in HTML: one file without scripts and without anything from elsewhere.
 *
 * @param report what it shows
 */
record QualityHtml(QualityReport report) {
    private static final String STYLE = """
            body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
            h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin:2rem 0 .2rem}
            p,dd{color:#555;margin:.2rem 0 .6rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}dd{margin:0}
            .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
            th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}th{font-weight:600}
            th:first-child,td:first-child{text-align:left}tbody tr:last-child td{border-bottom-color:#888}
            .figures{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0}.figure{border:1px solid #ddd;border-radius:.5rem;padding:.6rem 1rem}
            .figure b{display:block;font-size:1.4rem}
            @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}p,dd{color:#aaa}th,td,.figure{border-color:#444}}
            """;

    String page() {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>%s</title><style>%s</style></head>
                <body><h1>%s</h1><p>%s</p>
                %s%s%s</body></html>
                """.formatted(
                        escape(report.student().name()),
                        STYLE,
                        escape(report.student().name()),
                        escape(QualityMarkdown.summary(report)),
                        figures(),
                        origin(),
                        QualityTable.of(report).stream().map(QualityHtml::table).collect(Collectors.joining()));
    }

    private String figures() {
        return report.text().stream()
                .map(TextFidelity::overall)
                .map(all -> "<div class=\"figures\">"
                        + figure(
                                String.format(Locale.ROOT, "perplexity, teacher %.2f", all.teacherPerplexity()),
                                "%.2f",
                                all.studentPerplexity())
                        + figure("KL from the teacher, nats", "%.4f", all.divergence())
                        + figure("same most probable token", "%.1f %%", 100 * all.agreement())
                        + "</div>\n")
                .collect(Collectors.joining());
    }

    private static String figure(String name, String format, double value) {
        return "<div class=\"figure\"><b>%s</b>%s</div>"
                .formatted(String.format(Locale.ROOT, format, value), escape(name));
    }

    private String origin() {
        if (report.origin().isEmpty()) {
            return "";
        }
        StringBuilder list = new StringBuilder("<dl>");
        for (Map.Entry<String, String> fact : report.origin().entrySet()) {
            list.append("<dt>%s</dt><dd>%s</dd>".formatted(escape(fact.getKey()), escape(fact.getValue())));
        }
        return list.append("</dl>\n").toString();
    }

    private static String table(QualityTable table) {
        return "<h2>%s</h2><p>%s</p>\n<div class=\"scroll\"><table><thead>%s</thead><tbody>%s</tbody></table></div>\n"
                .formatted(
                        escape(table.title()),
                        escape(table.note()),
                        row("th", table.header()),
                        table.rows().stream().map(cells -> row("td", cells)).collect(Collectors.joining()));
    }

    private static String row(String tag, List<String> cells) {
        return cells.stream()
                .map(cell -> "<%s>%s</%s>".formatted(tag, escape(cell), tag))
                .collect(Collectors.joining("", "<tr>", "</tr>"));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
