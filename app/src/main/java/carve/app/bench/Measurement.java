package carve.app.bench;

import carve.api.config.JsonArray;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import java.util.List;

/**
 * What was found.
 *
 * @param subject what was measured
 * @param work what it did
 * @param times of each repetition, all tokens and rows together
 * @param stateBytes of all rows at the end
 */
public record Measurement(Subject subject, Workload work, Quantiles times, long stateBytes) {
    /**
     * What was measured.
     *
     * @param model its name
     * @param type the storage type of most matrices
     * @param parameters how many values
     * @param weightBytes what they take
     * @param device where
     * @param threads how many compute
     */
    public record Subject(String model, String type, long parameters, long weightBytes, String device, int threads) {}

    /** Returns tokens per second of all rows together, for so many seconds. */
    public double rate(double seconds) {
        return (double) work.tokens() * work.batch() / seconds;
    }

    /** Returns milliseconds from one position of a row to the next. */
    public double millis() {
        return times.median() * 1e3 / work.tokens();
    }

    /** Returns this as an object of a line of figures. */
    public JsonObject json() {
        List<JsonValue> seconds =
                times.seconds().stream().<JsonValue>map(JsonNumber::of).toList();
        return JsonObject.empty()
                .with("model", subject.model())
                .with("type", subject.type())
                .with("parameters", subject.parameters())
                .with("weight-bytes", subject.weightBytes())
                .with("device", subject.device())
                .with("threads", subject.threads())
                .with("test", work.name())
                .with("tokens", work.tokens())
                .with("depth", work.depth())
                .with("batch", work.batch())
                .with("tokens-per-second", rate(times.median()))
                .with("lower-quartile", rate(times.at(0.75)))
                .with("upper-quartile", rate(times.at(0.25)))
                .with("state-bytes", stateBytes)
                .with("seconds", new JsonArray(seconds));
    }
}
