package carve.runtime.eval.quality;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The page in Markdown, with tables as GitHub and the Hugging Face hub show them.
 *
 * @param report what it shows
 */
record QualityMarkdown(QualityReport report) {
    String page() {
        StringBuilder page =
                new StringBuilder("# %s\n\n".formatted(escape(report.student().name())));
        page.append(escape(summary(report))).append("\n\n");
        report.origin().forEach((name, value) -> page.append("- **%s**: %s\n".formatted(escape(name), escape(value))));
        page.append(report.origin().isEmpty() ? "" : "\n");
        page.append(QualityTable.of(report).stream().map(QualityMarkdown::table).collect(Collectors.joining("\n")));
        return page.toString();
    }

    static String summary(QualityReport report) {
        return "A student of %s, carved and measured with Carve: %d of %d layers keep a state that grows with the text."
                .formatted(
                        report.teacher().name(),
                        report.student().growingLayers(),
                        report.student().layers());
    }

    private static String table(QualityTable table) {
        StringBuilder text = new StringBuilder("## %s\n\n%s\n\n".formatted(table.title(), table.note()));
        text.append(line(table.header()));
        text.append("| --- ")
                .append("| ---: ".repeat(table.header().size() - 1))
                .append("|\n");
        table.rows().forEach(row -> text.append(line(row)));
        return text.toString();
    }

    private static String line(List<String> cells) {
        return cells.stream().map(QualityMarkdown::escape).collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    private static String escape(String text) {
        return text.replaceAll("[\\r\\n]+", " ").replaceAll("([\\\\`*\\[\\]<|])", "\\\\$1");
    }
}
