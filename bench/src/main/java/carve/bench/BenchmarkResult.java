package carve.bench;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * The result of one measurement.
 *
 * @param name what was measured
 * @param shape on what
 * @param kernel what the device ran: a kernel or the definition
 * @param work what had to be done
 * @param correctnessGate whether results are right
 * @param timing how long it took; nothing where results are wrong
 * @param note what else is to be said, such as tokens per second; may be empty
 */
record BenchmarkResult(
        String name,
        String shape,
        String kernel,
        Work work,
        CorrectnessGate correctnessGate,
        Optional<Timing> timing,
        String note) {
    /** Returns it with everything that was measured, in seconds. */
    JsonObject json(Roofline roofline) {
        JsonObject row = JsonObject.empty()
                .with("name", name)
                .with("shape", shape)
                .with("ran", kernel)
                .with("flops", work.flops())
                .with("bytes", work.bytes())
                .with("green", correctnessGate.passed())
                .with("gate", correctnessGate.description());
        return timing.map(times -> row.with("median", times.median())
                        .with("quartiles", numbers(List.of(times.quantile(0.25), times.quantile(0.75))))
                        .with("seconds", numbers(times.seconds()))
                        .with("bound", work.boundBy(roofline))
                        .with("share", work.minSeconds(roofline) / times.median())
                        .with("remark", note))
                .orElse(row);
    }

    private static JsonArray numbers(List<Double> values) {
        return JsonArray.of(values.stream().map(JsonNumber::of).toArray(JsonNumber[]::new));
    }
}
