package carve.bench;

import carve.api.config.JsonArray;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * What became of one measurement.
 *
 * @param name what was measured
 * @param shape on what
 * @param ran what the device ran: a kernel or the definition
 * @param work what had to be done
 * @param gate whether results are right
 * @param timing how long it took; nothing where results are wrong
 * @param remark what else is to be said, such as tokens per second; may be empty
 */
record Row(String name, String shape, String ran, Work work, Gate gate, Optional<Timing> timing, String remark) {
    /** Returns it with everything that was measured, in seconds. */
    JsonObject json(Limits limits) {
        JsonObject row = JsonObject.empty()
                .with("name", name)
                .with("shape", shape)
                .with("ran", ran)
                .with("flops", work.flops())
                .with("bytes", work.bytes())
                .with("green", gate.green())
                .with("gate", gate.finding());
        return timing.map(times -> row.with("median", times.median())
                        .with("quartiles", numbers(List.of(times.quantile(0.25), times.quantile(0.75))))
                        .with("seconds", numbers(times.seconds()))
                        .with("bound", work.bound(limits))
                        .with("share", work.seconds(limits) / times.median())
                        .with("remark", remark))
                .orElse(row);
    }

    private static JsonArray numbers(List<Double> values) {
        return JsonArray.of(values.stream().map(JsonNumber::of).toArray(JsonNumber[]::new));
    }
}
