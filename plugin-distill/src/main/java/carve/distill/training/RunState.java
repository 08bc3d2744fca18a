package carve.distill.training;

import carve.api.config.JsonArray;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands after a step, beside its parameters and moments.
 *
 * @param step steps done
 * @param position of the data after them
 * @param tokens positions seen
 * @param seconds spent
 * @param firstLoss the loss of the first step
 * @param recent the losses of the last steps
 * @param student the digest of the parameters that the run began with
 * @param fixed what must not change when the run is resumed
 * @param code the version of the code that wrote this
 */
record RunState(
        long step,
        DataPosition position,
        long tokens,
        double seconds,
        double firstLoss,
        List<Double> recent,
        String student,
        Map<String, String> fixed,
        String code) {
    private static final int VERSION = 1;
    private static final int RECENT = 20;

    RunState {
        recent = List.copyOf(recent);
    }

    /** Returns where the run stands a step later. */
    RunState after(DataPosition next, long tokens, double seconds, double loss) {
        List<Double> losses = new ArrayList<>(recent);
        losses.add(loss);
        return new RunState(
                step + 1,
                next,
                this.tokens + tokens,
                this.seconds + seconds,
                step == 0 ? loss : firstLoss,
                losses.subList(Math.max(0, losses.size() - RECENT), losses.size()),
                student,
                fixed,
                code);
    }

    /** Returns this, to be written by another version of the code. */
    RunState writtenBy(String version) {
        return new RunState(step, position, tokens, seconds, firstLoss, recent, student, fixed, version);
    }

    JsonObject json() {
        Map<String, JsonValue> settings = new LinkedHashMap<>();
        fixed.forEach((key, value) -> settings.put(key, new JsonString(value)));
        return JsonObject.empty()
                .with("version", VERSION)
                .with("step", step)
                .with(
                        "position",
                        JsonObject.empty().with("start", position.start()).with("taken", position.taken()))
                .with("tokens", tokens)
                .with("seconds", seconds)
                .with("first_loss", firstLoss)
                .with(
                        "recent_losses",
                        new JsonArray(recent.stream()
                                .map(x -> (JsonValue) JsonNumber.of(x))
                                .toList()))
                .with("student", student)
                .with("settings", JsonObject.of(settings))
                .with("code", code);
    }

    static RunState of(JsonObject json) {
        if (json.integer("version") != VERSION) {
            throw json.error("version", "expected %d, found %d".formatted(VERSION, json.integer("version")));
        }
        JsonObject position = json.object("position");
        JsonObject settings = json.object("settings");
        Map<String, String> fixed = new LinkedHashMap<>();
        settings.keys().forEach(key -> fixed.put(key, settings.string(key)));
        return new RunState(
                json.longInteger("step"),
                new DataPosition(position.longInteger("start"), position.integer("taken")),
                json.longInteger("tokens"),
                json.real("seconds"),
                json.real("first_loss"),
                json.array("recent_losses").items().stream()
                        .map(x -> ((JsonNumber) x).real())
                        .toList(),
                json.string("student"),
                fixed,
                json.string("code"));
    }
}
