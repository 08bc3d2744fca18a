package carve.models.llava;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.MapSettings;
import carve.api.config.NameSuggestions;
import carve.api.config.SettingsNode;
import carve.api.data.FileNames;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.Dropout;
import carve.api.tensor.TensorType;
import carve.api.text.Processor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Mistakes in the authors' evaluation code that change results. Each is reproduced only on request, by keys under
 * {@code carve} in {@code config.json}, beside {@code layers}:
 *
 * <pre>{@code
 * "carve": {
 *   "official-lm-head": "../phi-2",          the output layer is that of the checkpoint in this folder: the base model's, since
 *                                            the official loader does not find the checkpoint's own
 *   "official-dropout-at-eval": true,        dropout stays on, at text_config.resid_pdrop
 *   "official-fp16-state": true,             states of mixers are rounded to F16 at every step
 *   "official-max-length": true              the greatest number of new tokens is taken for that of all words, those of the
 *                                            prompt included; one token is always answered
 * }
 * }</pre>
 *
 * @param lmHead the checkpoint folder whose output layer is used
 * @param dropout the rate of dropout
 * @param fp16State whether states are rounded
 * @param maxLength whether the tokens of a prompt count as new ones
 */
record EvaluationBugs(Optional<String> lmHead, double dropout, boolean fp16State, boolean maxLength) {
    private static final String HEAD = "official-lm-head";
    private static final String DROPOUT = "official-dropout-at-eval";
    private static final String STATE = "official-fp16-state";
    private static final String LENGTH = "official-max-length";
    private static final Set<String> KEYS = Set.of("layers", HEAD, DROPOUT, STATE, LENGTH);
    private static final Map<String, String> OUTPUT =
            new TreeMap<>(Map.of("output.weight", "lm_head.weight", "output.bias", "lm_head.bias")).descendingMap();
    private static final long SEED = 42;

    static EvaluationBugs of(JsonObject config) {
        JsonObject carve = config.optionalObject("carve").orElse(JsonObject.empty());
        for (String key : carve.keys()) {
            if (!KEYS.contains(key)) {
                throw carve.error(key, NameSuggestions.unknown("key", key, KEYS));
            }
        }
        double rate = carve.optionalFlag(DROPOUT).orElse(false)
                ? config.object("text_config").optionalReal("resid_pdrop").orElse(0.0)
                : 0;
        return new EvaluationBugs(
                carve.optionalString(HEAD),
                rate,
                carve.optionalFlag(STATE).orElse(false),
                carve.optionalFlag(LENGTH).orElse(false));
    }

    /** Returns layers with the dropout and state type of the evaluation code. */
    List<Block> layers(List<Block> layers, MixerCatalog mixers) {
        return layers.stream().map(layer -> layer(layer, mixers)).toList();
    }

    private Block layer(Block layer, MixerCatalog mixers) {
        Block dropping = dropout == 0 ? layer : layer.with(new Dropout(dropout, SEED, 0));
        if (!fp16State || !layer.mixerSpec().name().equals("mamba-in-llama")) {
            return dropping;
        }
        SettingsNode.Section rounded = MapSettings.of(Map.of("state", "f16"), STATE)
                .asTree()
                .over(layer.mixerSpec().settings());
        return dropping.with(layer.mixerSpec(), mixers.create(layer.mixerSpec().name(), layer.config(), rounded));
    }

    /** Returns a processor that limits answers as the evaluation code does, for images of a number of positions. */
    Processor processor(Processor processor, int features) {
        return maxLength ? new MaxLengthProcessor(processor, features) : processor;
    }

    /** Returns weights with another output layer, if one is requested. */
    TensorSource weights(Path folder, TensorSource tensors, Function<Path, ? extends TensorSource> checkpoints) {
        if (lmHead.isEmpty()) {
            return tensors;
        }
        Path base = FileNames.resolve(folder, lmHead.get())
                .orElseThrow(() -> new CheckpointException(
                        "%s: the value of '%s' is not the name of a folder".formatted(folder, HEAD)));
        Map<String, TensorType> types = new LinkedHashMap<>();
        try (TensorSource checkpoint = checkpoints.apply(base)) {
            OUTPUT.forEach((ours, theirs) -> types.put(ours, type(checkpoint, theirs, tensors.type(ours))));
        }
        return TensorSources.union(
                TensorSources.select(tensors, name -> !OUTPUT.containsKey(name)),
                TensorSources.of(types, name -> copy(checkpoints.apply(base), OUTPUT.get(name))));
    }

    private static TensorType type(TensorSource base, String name, TensorType ours) {
        if (!base.names().contains(name) || !base.type(name).shape().equals(ours.shape())) {
            throw new CheckpointException("%s: '%s' needs '%s' %s, there is %s"
                    .formatted(
                            base.label(),
                            HEAD,
                            name,
                            ours.shape(),
                            base.names().contains(name) ? base.type(name).shape() : "none"));
        }
        return base.type(name);
    }

    private static MemorySegment copy(TensorSource base, String name) {
        try (TensorSource checkpoint = base) {
            MemorySegment values = checkpoint.data(name);
            return Arena.ofAuto().allocate(values.byteSize(), Long.BYTES).copyFrom(values);
        }
    }
}
