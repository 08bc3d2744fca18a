package carve.runtime.eval.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A table of a page.
 *
 * @param title the heading above it
 * @param note a sentence that explains it
 * @param header the names of the columns
 * @param rows the cells
 */
record QualityTable(String title, String note, List<String> header, List<List<String>> rows) {
    /** Copies the lists. */
    QualityTable {
        header = List.copyOf(header);
        rows = rows.stream().map(List::copyOf).toList();
    }

    /** Returns the tables of a report, without those of which nothing was measured. */
    static List<QualityTable> of(QualityReport report) {
        List<QualityTable> tables = new ArrayList<>(List.of(models(report)));
        report.text().forEach(text -> {
            tables.add(predictions(text));
            tables.add(continuations(text.continuations()));
        });
        if (!report.recall().isEmpty()) {
            tables.add(recall(report.recall()));
        }
        if (!report.speeds().isEmpty()) {
            tables.add(speeds(report.speeds()));
        }
        return tables;
    }

    private static QualityTable models(QualityReport report) {
        ModelFacts student = report.student();
        ModelFacts teacher = report.teacher();
        return new QualityTable(
                "Models",
                "Layers with a growing state are those whose memory grows with the text, as a KV cache does.",
                List.of("", "Teacher", "Student"),
                List.of(
                        List.of("Name", teacher.name(), student.name()),
                        List.of("Family", teacher.family(), student.family()),
                        List.of("Parameters", count(teacher.parameters()), count(student.parameters())),
                        List.of("Layers", count(teacher.layers()), count(student.layers())),
                        List.of(
                                "Layers with a growing state",
                                count(teacher.growingLayers()),
                                count(student.growingLayers()))));
    }

    private static QualityTable predictions(TextFidelity text) {
        List<List<String>> rows = new ArrayList<>();
        text.buckets().forEach(bucket -> rows.add(row("%d-%d".formatted(bucket.from(), bucket.to() - 1), bucket)));
        rows.add(row("all", text.overall()));
        return new QualityTable(
                "Predictions of the next token",
                "On the same texts. KL is from the teacher's predictions, in nats; top-1 is the share of equal most probable tokens.",
                List.of("Position", "Tokens", "Teacher perplexity", "Student perplexity", "KL", "Top-1"),
                rows);
    }

    private static List<String> row(String name, TextFidelity.Bucket bucket) {
        return List.of(
                name,
                count(bucket.tokens()),
                decimal("%.2f", bucket.teacherPerplexity()),
                decimal("%.2f", bucket.studentPerplexity()),
                decimal("%.4f", bucket.divergence()),
                percent(bucket.agreement()));
    }

    private static QualityTable continuations(TextFidelity.Continuations of) {
        return new QualityTable(
                "Greedy continuations",
                "Both models continue the same prompts.",
                List.of("Prompts", "Prompt tokens", "New tokens", "Same before they differ", "Same to the end"),
                List.of(List.of(
                        count(of.prompts()),
                        count(of.promptTokens()),
                        count(of.tokens()),
                        decimal("%.1f tokens", of.samePrefix()),
                        percent(of.same()))));
    }

    private static QualityTable recall(List<RecallComparison> recall) {
        return new QualityTable(
                "Recall",
                "Generated: the share of answers found in what the model writes. Likelihood: how often the answer is likelier than three"
                        + " wrong ones; a student may know and still not say it.",
                List.of(
                        "Task",
                        "Length",
                        "Samples",
                        "Teacher generated",
                        "Student generated",
                        "Teacher likelihood",
                        "Student likelihood"),
                recall.stream()
                        .map(one -> List.of(
                                one.task(),
                                count(one.length()),
                                count(one.samples()),
                                percent(one.teacherGenerated()),
                                percent(one.studentGenerated()),
                                one.hasLikelihood() ? percent(one.teacherLikelihood()) : "-",
                                one.hasLikelihood() ? percent(one.studentLikelihood()) : "-"))
                        .toList());
    }

    private static QualityTable speeds(List<SpeedComparison> speeds) {
        return new QualityTable(
                "Speed and memory",
                "Decoding after a prompt of the length, both models in turn in one run; medians.",
                List.of(
                        "Length",
                        "Teacher tokens/s",
                        "Student tokens/s",
                        "Student / teacher",
                        "Teacher state",
                        "Student state"),
                speeds.stream()
                        .map(speed -> List.of(
                                count(speed.length()),
                                decimal("%.1f", speed.teacherTokensPerSecond()),
                                decimal("%.1f", speed.studentTokensPerSecond()),
                                decimal("%.2fx", speed.speedRatio()),
                                mebibytes(speed.teacherStateBytes()),
                                mebibytes(speed.studentStateBytes())))
                        .toList());
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String mebibytes(long bytes) {
        return decimal("%.2f MiB", bytes / 1048576.0);
    }

    private static String decimal(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
