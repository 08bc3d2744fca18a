package carve.app.bench;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.List;

/**
 * The result of a measurement.
 *
 * @param modelInfo what was measured
 * @param workload what it did
 * @param times of each repetition, all tokens and rows together
 * @param stateBytes of all rows at the end
 */
public record Measurement(ModelInfo modelInfo, Workload workload, Quantiles times, long stateBytes) {
    /**
     * The subject of a measurement.
     *
     * @param model its name
     * @param type the storage type of most matrices
     * @param parameters how many values
     * @param weightBytes what they take
     * @param device where
     * @param threads how many compute
     */
    public record ModelInfo(String model, String type, long parameters, long weightBytes, String device, int threads) {}

    /** Returns tokens per second of all rows together, for so many seconds. */
    public double tokensPerSecond(double seconds) {
        return (double) workload.tokens() * workload.batch() / seconds;
    }

    /** Returns milliseconds from one position of a row to the next. */
    public double millisPerToken() {
        return times.median() * 1e3 / workload.tokens();
    }

    /** Returns this as an object of a line of figures. */
    public JsonObject json() {
        List<JsonValue> seconds =
                times.seconds().stream().<JsonValue>map(JsonNumber::of).toList();
        return JsonObject.empty()
                .with("model", modelInfo.model())
                .with("type", modelInfo.type())
                .with("parameters", modelInfo.parameters())
                .with("weight-bytes", modelInfo.weightBytes())
                .with("device", modelInfo.device())
                .with("threads", modelInfo.threads())
                .with("test", workload.name())
                .with("tokens", workload.tokens())
                .with("depth", workload.depth())
                .with("batch", workload.batch())
                .with("tokens-per-second", tokensPerSecond(times.median()))
                .with("lower-quartile", tokensPerSecond(times.quantile(0.75)))
                .with("upper-quartile", tokensPerSecond(times.quantile(0.25)))
                .with("state-bytes", stateBytes)
                .with("seconds", new JsonArray(seconds));
    }
}
