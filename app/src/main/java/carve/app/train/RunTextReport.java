package carve.app.train;

import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.app.report.HumanReadable;
import carve.app.report.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Writes runs as text: a table of stages, a heat map of layers, and the last samples. */
public final class RunTextReport {
    private static final String BLOCKS = " ▁▂▃▄▅▆▇█";
    private static final int COLUMNS = 60;

    private RunTextReport() {}

    /** Returns the lines that show runs. */
    public static List<String> lines(List<RunRecord> runs) {
        List<String> lines = new ArrayList<>();
        for (RunRecord run : runs) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.add(title(run));
            lines.addAll(stages(run).lines());
            run.stages().forEach(stage -> lines.addAll(validation(stage)));
            run.stages().forEach(stage -> lines.addAll(heatMap(stage)));
            run.stages().stream()
                    .filter(stage -> !stage.samples().isEmpty())
                    .reduce((_, last) -> last)
                    .ifPresent(stage -> lines.addAll(samples(stage)));
        }
        return lines;
    }

    private static String title(RunRecord run) {
        String about = run.manifest()
                .map(object -> ", %s from %s"
                        .formatted(
                                text(object, "kind").equals("train") ? "trained" : "distilled", text(object, "from")))
                .orElse("");
        return "%s%s: %s".formatted(run.name(), about, word(run.status()));
    }

    private static String word(StageRecord.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private static TextTable stages(RunRecord run) {
        TextTable textTable = new TextTable(
                "STAGE", "STATUS", "STEP", "STEPS", "FIRST LOSS", "LAST LOSS", "LEARNING RATE", "TOKENS/S", "TIME");
        for (StageRecord stage : run.stages()) {
            List<StepMetrics> metrics = stage.metrics();
            String status = word(stage.status(run.now()));
            if (metrics.isEmpty()) {
                textTable.row(stage.name(), status, 0, steps(stage), "-", "-", "-", "-", "-");
                continue;
            }
            StepMetrics last = metrics.getLast();
            List<StepMetrics> recent = metrics.subList(Math.max(0, metrics.size() - 20), metrics.size());
            textTable.row(
                    stage.name(),
                    status,
                    HumanReadable.count(stage.lastStep()),
                    steps(stage),
                    "%.4g".formatted(metrics.getFirst().loss()),
                    "%.4g"
                            .formatted(recent.stream()
                                    .mapToDouble(StepMetrics::loss)
                                    .average()
                                    .orElseThrow()),
                    "%.2e".formatted(last.learningRate()),
                    HumanReadable.count(Math.round(recent.stream()
                            .mapToDouble(StepMetrics::tokensPerSecond)
                            .average()
                            .orElseThrow())),
                    HumanReadable.time(last.seconds()));
        }
        return textTable;
    }

    private static List<String> validation(StageRecord stage) {
        if (stage.validation().isEmpty()) {
            return List.of();
        }
        TextTable textTable = new TextTable("STEP", "PERPLEXITY", "TEACHER", "KL", "TOP-1 AGREEMENT");
        List<JsonObject> all = stage.validation();
        List.of(all.getFirst(), all.getLast()).stream()
                .distinct()
                .forEach(line -> textTable.row(
                        HumanReadable.count(line.longInteger("step")),
                        "%.4g".formatted(line.real("perplexity")),
                        figure(line, "teacher_perplexity"),
                        figure(line, "kl"),
                        figure(line, "top_1_agreement")));
        List<String> lines = new ArrayList<>(List.of("", stage.name() + ": validation"));
        lines.addAll(textTable.lines());
        return lines;
    }

    private static String figure(JsonObject line, String key) {
        return line.optionalReal(key).map("%.4g"::formatted).orElse("-");
    }

    private static String steps(StageRecord stage) {
        return stage.totalSteps() == 0 ? "-" : HumanReadable.count(stage.totalSteps());
    }

    private static List<String> heatMap(StageRecord stage) {
        Optional<String> label = stage.metrics().stream()
                .flatMap(stepMetrics -> stepMetrics.layerValues().keySet().stream())
                .findFirst();
        if (label.isEmpty()) {
            return List.of();
        }
        List<StepMetrics> points = StepMetrics.downsampled(stage.metrics(), COLUMNS);
        Set<Integer> layers = new TreeSet<>();
        points.forEach(point -> layers.addAll(of(point, label.get()).keySet()));
        double[] logs = points.stream()
                .flatMap(point -> of(point, label.get()).values().stream())
                .filter(value -> value > 0)
                .mapToDouble(Math::log)
                .sorted()
                .toArray();
        if (logs.length == 0) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("%s: %s by layer, %.3g to %.3g (log scale)"
                .formatted(stage.name(), title(label.get()), Math.exp(logs[0]), Math.exp(logs[logs.length - 1])));
        for (int layer : layers) {
            StringBuilder line = new StringBuilder("  %3d ".formatted(layer));
            points.forEach(point -> line.append(
                    block(of(point, label.get()).getOrDefault(layer, 0.0), logs[0], logs[logs.length - 1])));
            lines.add(line.toString());
        }
        return lines;
    }

    private static String title(String metric) {
        return metric.equals(StepMetrics.GRADIENTS) ? "gradient norm" : metric;
    }

    private static Map<Integer, Double> of(StepMetrics point, String label) {
        return point.layerValues().getOrDefault(label, Map.of());
    }

    private static char block(double value, double low, double high) {
        if (!(value > 0)) {
            return ' ';
        }
        double height = high == low ? 1 : (Math.log(value) - low) / (high - low);
        return BLOCKS.charAt(1 + (int) Math.round(height * (BLOCKS.length() - 2)));
    }

    private static List<String> samples(StageRecord stage) {
        JsonObject last = stage.samples().getLast();
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("%s, step %s".formatted(stage.name(), HumanReadable.count(last.longInteger("step"))));
        for (JsonValue item : last.array("samples").items()) {
            if (item instanceof JsonObject sample) {
                lines.add("  " + text(sample, "question").replaceAll("\\s+", " "));
                for (String who : List.of("expected", "teacher", "student")) {
                    sample.optionalString(who).ifPresent(said -> lines.add("    %-9s%s".formatted(who, said)));
                }
            }
        }
        return lines;
    }

    private static String text(JsonObject object, String key) {
        return object.optionalString(key).orElse("-");
    }
}
