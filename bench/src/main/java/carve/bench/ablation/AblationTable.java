package carve.bench.ablation;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/** The ablations as text. */
final class AblationTable {
    private AblationTable() {}

    static String of(Map<Paper, Scores> all, String picture) {
        StringBuilder text = new StringBuilder("# Ablations on the demo models and in the papers\n\n"
                + "Ours is the share of the demo's questions that are answered exactly, and what that is of the teacher's.\n"
                + "Each student is distilled once, so differences of one or two points mean nothing. The papers' figures are of\n"
                + "models of 2.6 and 3.1 billion parameters on public sets; what can be compared is the order of rows.\n\n"
                + "![the same as a picture](" + picture + ")\n");
        all.forEach((paper, scores) -> paper(text, paper, scores));
        return text.toString();
    }

    private static void paper(StringBuilder text, Paper paper, Scores scores) {
        text.append("\n## %s (%s)\n\n%d questions; the teacher answers %.1f %%.\n"
                .formatted(paper.name(), paper.source(), scores.questions(), scores.accuracy("teacher")));
        for (Paper.Table table : paper.tables()) {
            text.append("\n### ").append(table.title()).append("\n\n");
            table.note().ifPresent(note -> text.append(note).append("\n\n"));
            text.append("| | ours % | of the teacher's % | paper: ")
                    .append(String.join(" | ", paper.columns()))
                    .append(" |\n|---|--:|--:|")
                    .append(String.join("", Collections.nCopies(paper.columns().size(), "--:|")))
                    .append('\n');
            table.rows().forEach(row -> row(text, row, scores));
        }
    }

    private static void row(StringBuilder text, Paper.Row row, Scores scores) {
        List<String> figures = row.values().stream()
                .map(figure -> figure.isEmpty() ? "–" : figure)
                .toList();
        text.append("| %s | %.1f | %.1f | %s |\n"
                .formatted(
                        row.variant(),
                        scores.accuracy(row.student()),
                        scores.percentOfTeacher(row.student()),
                        String.join(" | ", figures)));
    }
}
