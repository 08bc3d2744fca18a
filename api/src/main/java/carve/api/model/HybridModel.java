package carve.api.model;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.MixerState;
import carve.api.mixer.StateSlots;
import carve.api.op.Linear;
import carve.api.op.Recompute;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs models: whole sequences, differentiably, and step by step with states. Holds nothing but the specification.
 *
 * @param spec the model
 */
public record HybridModel(ModelSpec spec) {
    /** Returns the logits {@code (B, T, V)} of all positions. */
    public Tensor forward(Params p, ModelInputs modelInputs, ActivationRecorder probe) {
        return projectToVocabulary(p, hidden(p, modelInputs, probe, false), probe);
    }

    /**
     * Returns the output {@code (B, T, D)} of the final norm for all positions, of which {@link #projectToVocabulary} makes logits.
     *
     * @param recompute whether inner values of layers are computed again for gradients, and so are not published
     */
    public Tensor hidden(Params p, ModelInputs modelInputs, ActivationRecorder probe, boolean recompute) {
        InputEncoder.Embeddings embeddings = embed(p, modelInputs, probe);
        return normed(p, forwardLayers(p, embeddings, probe, recompute), probe);
    }

    /** Returns the input of the first layer for whole sequences: what the input encoder gives, with the embeddings of positions. */
    public InputEncoder.Embeddings embed(Params p, ModelInputs modelInputs, ActivationRecorder probe) {
        InputEncoder.Embeddings encoded = spec.input().encode(p.under("input"), modelInputs, probe.inputHook());
        SequenceLayout rows = encoded.sequenceLayout();
        return new InputEncoder.Embeddings(spec.positions().add(p, encoded.x(), rows.positionIds()), rows);
    }

    /** Returns the logits as {@link #forward} does; inner values of layers are computed again for gradients. */
    public Tensor forwardRecomputing(Params p, ModelInputs modelInputs) {
        return projectToVocabulary(p, hidden(p, modelInputs, ActivationRecorder.NONE, true), ActivationRecorder.NONE);
    }

    /** Returns the output {@code (B, T, D)} of the last layer for what {@link #embed} gives. */
    public Tensor forwardLayers(
            Params p, InputEncoder.Embeddings embeddings, ActivationRecorder probe, boolean recompute) {
        SequenceLayout rows = embeddings.sequenceLayout();
        Tensor x = embeddings.x();
        probe.publish(Site.EMBED, x);
        for (int i = 0; i < spec.layers().size(); i++) {
            probe.publish(Site.layer(i, "input"), x);
            Params own = p.under(ModelSpec.layerPrefix(i));
            Block layer = spec.layers().get(i);
            x = recompute ? recomputed(own, layer, x, rows) : layer.forward(own, x, rows, probe.layerHook(i));
            probe.publish(Site.layer(i, "output"), x);
        }
        return x;
    }

    /**
     * Returns where a pass first gives values that are not finite: a layer, and its mixer with the module that it is from. For
     * telling the cause after logits or a loss came out so; each layer's output is copied to the host.
     */
    public Optional<String> firstNonFinite(Params p, ModelInputs modelInputs) {
        return Scope.run(p.get(spec.head().weight()).device(), () -> {
            InputEncoder.Embeddings inputs = embed(p, modelInputs, ActivationRecorder.NONE);
            SequenceLayout rows = inputs.sequenceLayout();
            Tensor x = inputs.x();
            if (!isFinite(x)) {
                return Optional.of("the input encoder gives values that are not finite");
            }
            for (int i = 0; i < spec.layers().size(); i++) {
                Block layer = spec.layers().get(i);
                Params own = p.under("layers." + i);
                if (!isFinite(layer.mixerOutput(own, x, rows, ActivationHook.NONE))) {
                    return Optional.of(layer.describeMixer() + " gives values that are not finite");
                }
                x = layer.forward(own, x, rows, ActivationHook.NONE);
                if (!isFinite(x)) {
                    return Optional.of("layer %s: the feed-forward part gives values that are not finite"
                            .formatted(layer.label()));
                }
            }
            return Optional.empty();
        });
    }

    private static boolean isFinite(Tensor x) {
        for (float value : x.floats()) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static Tensor recomputed(Params p, Block block, Tensor x, SequenceLayout sequenceLayout) {
        List<String> names = block.parameters().stream().map(ParamSpec::name).toList();
        List<Tensor> operands = new ArrayList<>(List.of(x));
        names.forEach(name -> operands.add(p.get(name)));
        return Recompute.apply(
                        List.of(x.type()),
                        given -> {
                            Map<String, Tensor> tensors = new HashMap<>();
                            for (int i = 0; i < names.size(); i++) {
                                tensors.put(names.get(i), given.get(i + 1));
                            }
                            return List.of(block.forward(
                                    Params.of(tensors), given.getFirst(), sequenceLayout, ActivationHook.NONE));
                        },
                        operands)
                .getFirst();
    }

    /** Returns the logits {@code (..., V)} for outputs {@code (..., D)} of the last layer. */
    public Tensor logits(Params p, Tensor x, ActivationRecorder probe) {
        return projectToVocabulary(p, normed(p, x, probe), probe);
    }

    private Tensor normed(Params p, Tensor x, ActivationRecorder probe) {
        Tensor normed = spec.finalNorm().apply(p.under("final_norm"), x);
        probe.publish(Site.FINAL_NORM, normed);
        return normed;
    }

    /** Returns the logits {@code (..., V)} for what the final norm gave {@code (..., D)}. */
    public Tensor projectToVocabulary(Params p, Tensor normed, ActivationRecorder probe) {
        Tensor logits = spec.head().apply(p, normed);
        probe.publish(Site.LOGITS, logits);
        return logits;
    }

    /** Returns the empty state of a session of batch rows and up to capacity positions; the caller closes it. */
    public ModelState newState(Device device, int batch, int capacity) {
        List<MixerState> states = new ArrayList<>();
        for (Block layer : spec.layers()) {
            states.add(Scope.run(device, () -> layer.mixer().newState(device, batch, capacity)));
        }
        return new ModelState(states, batch, capacity);
    }

    /**
     * Returns the logits {@code (B, 1, V)} of the last of the next positions of each sequence, and makes the state remember them.
     * What is born meanwhile is released.
     */
    public Tensor advance(Params p, ModelInputs modelInputs, ModelState state) {
        return advance(p, modelInputs, List.of(state));
    }

    /**
     * Returns the logits {@code (S, 1, V)} of the last of the next positions of each of S sequences, and makes the states
     * remember them: sequence s of the inputs goes on from slot s. Each gets the bits that it gets alone, on a device whose
     * {@link Linear} gives a row the same bits whatever stands beside it.
     *
     * @param modelInputs rows, which may be padded, or packed sequences; padding is not seen
     * @param states of as many sequences in all; none of them twice
     */
    public Tensor advance(Params p, ModelInputs modelInputs, List<ModelState> states) {
        return Scope.run(p.get(spec.head().weight()).device(), () -> {
            InputEncoder.Embeddings inputs = encode(p, modelInputs);
            Tensor x = advanceLayers(p, inputs, states);
            return logits(p, lastPositions(x, inputs.sequenceLayout()), ActivationRecorder.NONE);
        });
    }

    /** Returns the logits {@code (B, T, V)} of all of the next positions, and makes the state remember them. */
    public Tensor advanceAllLogits(Params p, ModelInputs modelInputs, ModelState state) {
        return advanceAllLogits(p, modelInputs, List.of(state));
    }

    /**
     * Returns the logits of all of the next positions of sequences, {@code (B, T, V)} or, where they differ in length, {@code
     * (1, T, V)} one after the other without padding, and makes the states remember them.
     */
    public Tensor advanceAllLogits(Params p, ModelInputs modelInputs, List<ModelState> states) {
        return Scope.run(
                p.get(spec.head().weight()).device(),
                () -> logits(p, advanceLayers(p, encode(p, modelInputs), states), ActivationRecorder.NONE));
    }

    /** Returns the output {@code (B, T, D)} of the last layer for encoded inputs, and makes the state remember them. */
    public Tensor advanceEmbeddings(Params p, Tensor encoded, ModelState state) {
        SequenceLayout rows = SequenceLayout.unpadded(encoded.extent(0), encoded.extent(1));
        return advanceEmbeddings(p, new InputEncoder.Embeddings(encoded, rows), List.of(state));
    }

    /**
     * Returns the output of the last layer for the encoded next positions of sequences, without padding, and makes the states
     * remember them; see {@link InputEncoder.Embeddings#withoutPadding}.
     */
    public Tensor advanceEmbeddings(Params p, InputEncoder.Embeddings encoded, List<ModelState> states) {
        return Scope.run(encoded.x().device(), () -> advanceLayers(p, encoded.withoutPadding(), states));
    }

    private InputEncoder.Embeddings encode(Params p, ModelInputs modelInputs) {
        return spec.input().encode(p.under("input"), modelInputs).withoutPadding();
    }

    private Tensor advanceLayers(Params p, InputEncoder.Embeddings inputs, List<ModelState> states) {
        Tensor x = spec.positions().exists() ? withPositions(p, inputs, states) : inputs.x();
        for (int i = 0; i < spec.layers().size(); i++) {
            Tensor before = x;
            int layer = i;
            List<MixerState> own =
                    states.stream().map(state -> state.layer(layer)).toList();
            x = Scope.run(
                    x.device(),
                    () -> spec.layers()
                            .get(layer)
                            .advance(
                                    p.under(ModelSpec.layerPrefix(layer)),
                                    before,
                                    StateSlots.of(own, inputs.sequenceLayout())));
        }
        return x;
    }

    private Tensor withPositions(Params p, InputEncoder.Embeddings inputs, List<ModelState> states) {
        List<MixerState> first = states.stream().map(state -> state.layer(0)).toList();
        int[] ids = StateSlots.of(first, inputs.sequenceLayout()).positionIds();
        return spec.positions().add(p, inputs.x(), ids);
    }

    // (S, 1, D)
    private static Tensor lastPositions(Tensor x, SequenceLayout layout) {
        if (!layout.isPacked()) {
            return x.slice(1, x.extent(1) - 1, x.extent(1));
        }
        return Tensors.concat(
                0,
                layout.offsets().stream()
                        .skip(1)
                        .map(end -> x.slice(1, end - 1, end))
                        .toList());
    }
}
