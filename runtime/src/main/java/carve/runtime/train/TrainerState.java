package carve.runtime.train;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The state of a run after a step, beside its parameters and moments.
 *
 * @param step steps done
 * @param position of the data after them
 * @param tokens positions seen
 * @param seconds spent
 * @param firstLoss the loss of the first step
 * @param recentLosses the losses of the last steps
 * @param initialDigest the digest of the parameters that the run began with
 * @param fingerprint the settings that must be the same when the run is resumed
 * @param environment the device and versions that wrote this; empty in checkpoints of earlier versions
 */
public record TrainerState(
        long step,
        DataPosition position,
        long tokens,
        double seconds,
        double firstLoss,
        List<Double> recentLosses,
        String initialDigest,
        Map<String, String> fingerprint,
        RunEnvironment environment) {
    private static final int VERSION = 2;
    private static final int RECENT = 20;

    /** Copies the collections. */
    public TrainerState {
        recentLosses = List.copyOf(recentLosses);
        fingerprint = Collections.unmodifiableMap(new LinkedHashMap<>(fingerprint));
    }

    /** Returns the state one step later. */
    TrainerState next(DataPosition next, long tokens, double seconds, double loss) {
        List<Double> losses = new ArrayList<>(recentLosses);
        losses.add(loss);
        return new TrainerState(
                step + 1,
                next,
                this.tokens + tokens,
                this.seconds + seconds,
                step == 0 ? loss : firstLoss,
                losses.subList(Math.max(0, losses.size() - RECENT), losses.size()),
                initialDigest,
                fingerprint,
                environment);
    }

    /** Returns this with settings, input files and environment of the run that goes on from it. */
    TrainerState continuedBy(TrainerState run) {
        return new TrainerState(
                step,
                position,
                tokens,
                seconds,
                firstLoss,
                recentLosses,
                initialDigest,
                run.fingerprint,
                run.environment);
    }

    JsonObject json() {
        Map<String, JsonValue> settings = new LinkedHashMap<>();
        fingerprint.forEach((key, value) -> settings.put(key, new JsonString(value)));
        return JsonObject.empty()
                .with("version", VERSION)
                .with("step", step)
                .with(
                        "position",
                        JsonObject.empty()
                                .with("bucket_start", position.bucketStart())
                                .with("batches_taken", position.batchesTaken()))
                .with("tokens", tokens)
                .with("seconds", seconds)
                .with("first_loss", firstLoss)
                .with(
                        "recent_losses",
                        new JsonArray(recentLosses.stream()
                                .map(x -> (JsonValue) JsonNumber.of(x))
                                .toList()))
                .with("initial_digest", initialDigest)
                .with("fingerprint", JsonObject.of(settings))
                .with("environment", environment.json());
    }

    static TrainerState of(JsonObject json) {
        if (json.integer("version") != VERSION) {
            throw json.error(
                    "version",
                    "is %d, written by an earlier or later version of Carve; this one reads %d: start a new run in another folder"
                            .formatted(json.integer("version"), VERSION));
        }
        JsonObject position = json.object("position");
        JsonObject settings = json.object("fingerprint");
        Map<String, String> fixed = new LinkedHashMap<>();
        settings.keys().forEach(key -> fixed.put(key, settings.string(key)));
        return new TrainerState(
                json.longInteger("step"),
                new DataPosition(position.longInteger("bucket_start"), position.integer("batches_taken")),
                json.longInteger("tokens"),
                json.real("seconds"),
                json.real("first_loss"),
                json.array("recent_losses").items().stream()
                        .map(x -> ((JsonNumber) x).real())
                        .toList(),
                json.string("initial_digest"),
                fixed,
                json.has("environment") ? RunEnvironment.of(json.object("environment")) : new RunEnvironment(Map.of()));
    }
}
