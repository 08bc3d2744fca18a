package carve.runtime.train;

import carve.api.loss.LossInputs;
import carve.api.mixer.ActivationHook;
import carve.api.model.Block;
import carve.api.model.LoadedModel;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.stage.StageException;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What converted layers learn alone, each from what the teacher's layer had and made of it.
 *
 * @param stage the stage's name, for messages
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses with {@code forcing = teacher}
 */
record LayerwiseDistillation(String stage, LoadedModel student, List<Integer> layers, List<LossTerm> terms) {
    private static final String OUTPUT = "output";

    LayerwiseDistillation {
        layers = layers.stream().sorted().toList();
        List<String> elsewhere = terms.stream()
                .filter(lossTerm -> !lossTerm.isPerLayer())
                .map(LossTerm::label)
                .toList();
        if (!elsewhere.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher layers learn alone, so losses must be at a site of"
                                    + " layers (heads, output, hidden), not %s; use forcing = none")
                            .formatted(stage, elsewhere));
        }
        if (layers.isEmpty()) {
            throw new StageException(
                    ("stage '%s': the plan converts no layer, so with forcing = teacher there is nothing to" + " learn")
                            .formatted(stage));
        }
    }

    /** Returns the losses among these that have it so. */
    static List<LossTerm> withInputs(List<LossTerm> terms, LayerInputs layerInputs) {
        return terms.stream()
                .filter(lossTerm -> lossTerm.inputs() == layerInputs)
                .toList();
    }

    /**
     * What a layer is to learn.
     *
     * @param layer its number
     * @param x its input
     * @param sequenceLayout how the rows of x are divided
     * @param teacherValues what the teacher's layer made of it, by site
     */
    record LayerTargets(
            int layer,
            Tensor x,
            SequenceLayout sequenceLayout,
            Map<String, Tensor> teacherValues,
            Tensor targets,
            Tensor mask) {}

    /** Returns whether the whole layer runs, rather than its mixer alone. */
    boolean needsWholeLayer() {
        return terms.stream()
                .map(lossTerm -> lossTerm.loss().site())
                .anyMatch(site -> site.equals(OUTPUT) || site.equals(LossTerm.HIDDEN));
    }

    /** Adds the losses of a layer to a step, and the gradients of those of its parameters that are trained. */
    void accumulate(LayerTargets layerTargets, double share, Set<String> trained, GradientAccumulator into) {
        Tape tape = new Tape();
        Map<String, Tensor> watched =
                WatchedParams.watch(tape, student, trained, "layers." + layerTargets.layer() + ".");
        Params params = Params.overlay(watched, student.params());
        Map<String, Tensor> seen = observe(
                student,
                params,
                layerTargets.layer(),
                layerTargets.x(),
                layerTargets.sequenceLayout(),
                needsWholeLayer());
        WeightedLoss weightedLoss = new WeightedLoss(into);
        for (LossTerm lossTerm : terms) {
            String site = lossTerm.loss().site();
            LossInputs lossInputs = new LossInputs(
                    require(seen.get(site), site, layerTargets.layer()),
                    require(layerTargets.teacherValues().get(site), site, layerTargets.layer()),
                    layerTargets.targets(),
                    layerTargets.mask());
            weightedLoss.add(
                    lossTerm,
                    OptionalInt.of(layerTargets.layer()),
                    share,
                    layers.size(),
                    lossTerm.loss().compute(lossInputs));
        }
        weightedLoss.backward(tape, watched);
    }

    /** Returns what a model's layer makes of an input x {@code (B, T, D)}, by site; its output if the whole layer runs. */
    Map<String, Tensor> observe(
            LoadedModel model, Params params, int layer, Tensor x, SequenceLayout sequenceLayout, boolean whole) {
        Block block = model.spec().layers().get(layer);
        Params own = params.under("layers." + layer);
        Map<String, Tensor> seen = new LinkedHashMap<>();
        ActivationHook activationHook = new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return terms.stream()
                        .anyMatch(lossTerm -> lossTerm.loss().site().equals(name));
            }

            @Override
            public void publish(String name, Tensor value) {
                seen.put(name, value);
            }
        };
        if (!whole) {
            block.mixerOutput(own, x, sequenceLayout, activationHook);
            return seen;
        }
        Tensor output = block.forward(own, x, sequenceLayout, activationHook);
        seen.put(OUTPUT, output);
        if (activationHook.wants(LossTerm.HIDDEN)) {
            seen.put(LossTerm.HIDDEN, hidden(model, params, layer, output));
        }
        return seen;
    }

    private static Tensor hidden(LoadedModel model, Params params, int layer, Tensor output) {
        boolean last = layer == model.spec().layers().size() - 1;
        return last ? model.spec().finalNorm().apply(params.under("final_norm"), output) : output;
    }

    private Tensor require(Tensor value, String site, int layer) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s' of layer %d; mixers publish 'heads', and every"
                                    .formatted(stage, site, layer)
                            + " layer has 'output' and 'hidden'");
        }
        return value;
    }
}
