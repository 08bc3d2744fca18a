package carve.runtime.train;

import carve.api.loss.LossInputs;
import carve.api.mixer.ActivationHook;
import carve.api.model.Block;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.model.Site;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.stage.LossTerm;
import carve.api.stage.StageException;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The training of converted layers one by one: each gets the input of the teacher's layer, and is compared with what the
 * teacher's layer computes from it.
 *
 * @param stage the stage's name, for messages
 * @param student the model that is trained
 * @param converted the numbers of the converted layers
 * @param terms the losses with {@code inputs = teacher}
 * @param layerWeighting how losses of layers are weighted
 */
record LayerwiseDistillation(
        String stage,
        LoadedModel student,
        List<Integer> converted,
        List<LossTerm> terms,
        LayerWeighting layerWeighting) {
    LayerwiseDistillation {
        converted = converted.stream().sorted().toList();
        List<String> elsewhere = terms.stream()
                .filter(term -> !term.isPerLayer())
                .map(LossTerm::label)
                .toList();
        if (!elsewhere.isEmpty()) {
            throw new StageException(
                    ("stage '%s': inputs = teacher trains each layer separately, so losses must be per layer (site heads, matrix, mixer,"
                                    + " output or hidden), not %s; use inputs = own")
                            .formatted(stage, elsewhere));
        }
        if (converted.isEmpty()) {
            throw new StageException(
                    "stage '%s': inputs = teacher needs converted layers, but the plan converts none".formatted(stage));
        }
    }

    /**
     * The inputs and targets of one layer.
     *
     * @param layer the layer's number
     * @param x {@code (B, T, D)}, its input
     * @param sequenceLayout how the rows of x are divided
     * @param teacher the values of the teacher's layer, for the losses that need them
     * @param targets {@code (B, T)} I32, the next tokens
     * @param mask {@code (B, T)} F32, 1 for positions and 0 for padding
     */
    record LayerTargets(
            int layer, Tensor x, SequenceLayout sequenceLayout, Sites teacher, Tensor targets, Tensor mask) {}

    /** Returns the numbers of the layers that have a loss, in ascending order. */
    List<Integer> layers() {
        return converted.stream().filter(layer -> !termsOf(layer).isEmpty()).toList();
    }

    private List<LossTerm> termsOf(int layer) {
        return terms.stream()
                .filter(term -> term.layersAmong(converted).contains(layer))
                .toList();
    }

    /** Returns whether the whole layer of the student runs, rather than its mixer alone. */
    boolean needsWholeLayer() {
        return needsWholeLayer(terms);
    }

    private static boolean needsWholeLayer(List<LossTerm> terms) {
        return terms.stream()
                .map(term -> term.loss().site())
                .anyMatch(site -> site.equals(Site.OUTPUT) || site.equals(Site.HIDDEN));
    }

    /** Returns the losses of a layer that need the teacher's value, rather than the input of its layer alone. */
    List<LossTerm> termsWithTeacherValue(int layer) {
        return termsOf(layer).stream()
                .filter(term -> term.loss().needsTeacher())
                .toList();
    }

    /** Returns the sites of the teacher that a layer needs. */
    Set<Site> teacherSites(int layer) {
        Set<Site> sites = new LinkedHashSet<>(Set.of(Site.layer(layer, "input")));
        termsWithTeacherValue(layer).forEach(term -> sites.add(siteIn(layer, term)));
        return sites;
    }

    private Site siteIn(int layer, LossTerm term) {
        return siteIn(layer, student.spec().layers().size(), term);
    }

    /** Returns the site of a loss per layer in one layer, and of any other loss its site. */
    static Site siteIn(int layer, int count, LossTerm term) {
        return term.loss().site() instanceof Site.EachLayer each
                ? each.in(layer, count)
                : term.loss().site();
    }

    /** Adds the losses of a layer to a step, and the gradients of those of its parameters that are trained. */
    void accumulate(LayerTargets layerTargets, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        int layer = layerTargets.layer();
        List<LossTerm> own = termsOf(layer);
        Tape tape = new Tape();
        Map<String, Tensor> watched = WatchedParams.watch(tape, student, trained, ModelSpec.layerPrefix(layer) + ".");
        Params params = Params.overlay(watched, student.params());
        Sites observed = new Sites(
                stage,
                "student",
                student,
                observe(
                        student,
                        params,
                        layer,
                        layerTargets.x(),
                        layerTargets.sequenceLayout(),
                        own,
                        needsWholeLayer()));
        WeightedLoss weightedLoss = new WeightedLoss(accumulator, layerWeighting);
        for (LossTerm term : own) {
            Site site = siteIn(layer, term);
            Tensor value = observed.require(site);
            LossInputs lossInputs = new LossInputs(
                    value,
                    term.loss().needsTeacher() ? layerTargets.teacher().require(site) : value,
                    layerTargets.targets(),
                    layerTargets.mask());
            weightedLoss.add(
                    term,
                    OptionalInt.of(layer),
                    lossScale,
                    term.layersAmong(converted).size(),
                    lossInputs);
        }
        weightedLoss.backward(tape, watched);
    }

    /**
     * Returns the values that a model's layer computes from the input x {@code (B, T, D)}, by site; among them its output if the
     * whole layer runs.
     */
    static Map<Site, Tensor> observe(
            LoadedModel model,
            Params params,
            int layer,
            Tensor x,
            SequenceLayout sequenceLayout,
            List<LossTerm> terms,
            boolean whole) {
        Block block = model.spec().layers().get(layer);
        Params own = params.under(ModelSpec.layerPrefix(layer));
        Map<Site, Tensor> values = new LinkedHashMap<>();
        ActivationHook hook = hook(layer, terms, values);
        if (!whole) {
            block.mixerOutput(own, x, sequenceLayout, hook);
            return values;
        }
        Tensor output = block.forward(own, x, sequenceLayout, hook);
        values.put(Site.layer(layer, "output"), output);
        boolean last = layer == model.spec().layers().size() - 1;
        if (last && terms.stream().anyMatch(term -> term.loss().site().equals(Site.HIDDEN))) {
            values.put(Site.FINAL_NORM, model.spec().finalNorm().apply(params.under("final_norm"), output));
        }
        return values;
    }

    /** Returns whether the whole layer has to run for losses, rather than its mixer alone. */
    static boolean needsWholeLayer(LossTerm term) {
        return needsWholeLayer(List.of(term));
    }

    private static ActivationHook hook(int layer, List<LossTerm> terms, Map<Site, Tensor> values) {
        return new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return terms.stream().anyMatch(term -> term.loss().site().equals(new Site.EachLayer(name)));
            }

            @Override
            public void publish(String name, Tensor value) {
                values.put(Site.layer(layer, name), value);
            }
        };
    }
}
