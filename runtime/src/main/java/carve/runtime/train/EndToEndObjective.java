package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.loss.LossInputs;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.runtime.train.ChunkedLogitsLoss.ModelOutput;
import carve.runtime.train.LayerwiseDistillation.LayerTargets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * {@code forcing = none}: the student runs end to end, and so does the teacher, if a loss needs one. A loss at a site of
 * layers is the mean, or the sum, of its values over the converted layers.
 *
 * <p>With {@code forcing = student} the teacher's layers of the converted ones are given what the student's had, and have no
 * gradient. With {@code forcing = teacher} beside other losses, the converted layers learn from what the teacher's had in the
 * same pass of the teacher, before the student runs end to end; no other layer runs for that.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model that is imitated, if there is one
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses, those of lessons left out
 * @param layerwise what layers learn alone
 * @param paddingMask what models are told of padding
 * @param gradientCheckpointing whether activations inside of layers are computed again for gradients instead of being kept
 * @param logitsLoss how much of logits is there at once
 */
record EndToEndObjective(
        String stage,
        Optional<LoadedModel> teacher,
        LoadedModel student,
        List<Integer> layers,
        List<LossTerm> terms,
        Optional<LayerwiseDistillation> layerwise,
        PaddingMask paddingMask,
        boolean gradientCheckpointing,
        ChunkedLogitsLoss logitsLoss)
        implements Objective {
    private static final String LOGITS = "logits";
    private static final String FINAL_NORM = "final_norm";

    EndToEndObjective {
        List<String> inner = terms.stream()
                .map(lossTerm -> lossTerm.loss().site())
                .filter(s -> !s.equals(LOGITS))
                .toList();
        if (gradientCheckpointing && !inner.isEmpty()) {
            throw new StageException(
                    "stage '%s': with recompute = true only logits are observed, but there are losses at %s"
                            .formatted(stage, inner));
        }
        if (layers.isEmpty() && terms.stream().anyMatch(LossTerm::isPerLayer)) {
            throw new StageException(
                    "stage '%s': the plan converts no layer, but there are losses at %s".formatted(stage, inner));
        }
        List<String> notOfLayers = LayerwiseDistillation.withInputs(terms, LayerInputs.STUDENT).stream()
                .filter(lossTerm -> !lossTerm.isPerLayer())
                .map(LossTerm::label)
                .toList();
        if (!notOfLayers.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = student layers are compared, so losses must be at a site"
                                    + " of layers (heads, output, hidden), not %s; use forcing = none")
                            .formatted(stage, notOfLayers));
        }
    }

    @Override
    public void requireDifferentiable(Set<String> trained) {
        // every parameter that a model reads can have a gradient
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, GradientAccumulator into) {
        List<Batch> parts = paddingMask.microBatches(batch);
        parts.forEach(part -> accumulatePart(part, share / parts.size(), trained, into));
    }

    private void accumulatePart(Batch batch, double share, Set<String> trained, GradientAccumulator into) {
        Device device = student.device();
        Scope.run(device, () -> {
            ModelInputs modelInputs = paddingMask.inputs(batch, device);
            SequenceLayout sequenceLayout = student.spec().input().layout(modelInputs);
            Tensor targets = batch.targets(device);
            Tensor mask = batch.paddingMask(device);
            boolean pieces = logitsLoss.shouldChunk(
                    logitsTerms(), targets.shape().size(), student.spec().vocabulary());
            Map<String, Tensor> taught = Scope.run(device, () -> observeTeacher(modelInputs, pieces));
            layerwise.ifPresent(these -> these.layers()
                    .forEach(layer -> Scope.run(
                            device,
                            () -> these.accumulate(
                                    layerTargets(these, layer, taught, sequenceLayout, targets, mask),
                                    share,
                                    trained,
                                    into))));
            Tape tape = new Tape();
            Map<String, Tensor> watched = WatchedParams.watch(tape, student, trained, "");
            Params params = Params.overlay(watched, student.params());
            Map<String, Tensor> seen = observeStudent(params, modelInputs, pieces);
            WeightedLoss weightedLoss = new WeightedLoss(into);
            if (pieces) {
                addChunkedLogitsLosses(weightedLoss, params, seen, taught, share, targets, mask);
            }
            for (LossTerm lossTerm : terms) {
                if (pieces && isLogitsTerm(lossTerm)) {
                    continue;
                }
                for (OptionalInt layer : layersOf(lossTerm)) {
                    String site = site(lossTerm, layer);
                    Tensor value = require(seen.get(site), site);
                    Tensor other = lossTerm.inputs() == LayerInputs.STUDENT
                            ? teacherOnStudentInput(lossTerm, layer.getAsInt(), seen, sequenceLayout)
                            : lossTerm.loss().needsTeacher() ? require(taught.get(site), site) : value;
                    LossInputs lossInputs = new LossInputs(value, other, targets, mask);
                    weightedLoss.add(
                            lossTerm,
                            layer,
                            share,
                            layers.size(),
                            lossTerm.loss().compute(lossInputs));
                }
            }
            weightedLoss.backward(tape, watched);
        });
    }

    private void addChunkedLogitsLosses(
            WeightedLoss weightedLoss,
            Params params,
            Map<String, Tensor> seen,
            Map<String, Tensor> taught,
            double share,
            Tensor targets,
            Tensor mask) {
        List<LossTerm> own = logitsTerms();
        boolean compares = own.stream().anyMatch(lossTerm -> lossTerm.loss().needsTeacher());
        Optional<ModelOutput> other = compares
                ? Optional.of(new ModelOutput(
                        require(taught.get(FINAL_NORM), FINAL_NORM),
                        requireTeacher().params(),
                        requireTeacher().spec()))
                : Optional.empty();
        ModelOutput modelOutput = new ModelOutput(require(seen.get(FINAL_NORM), FINAL_NORM), params, student.spec());
        List<Tensor> losses = logitsLoss.losses(own, modelOutput, other, targets, mask);
        for (int i = 0; i < own.size(); i++) {
            weightedLoss.add(own.get(i), OptionalInt.empty(), share, layers.size(), losses.get(i));
        }
    }

    private List<LossTerm> logitsTerms() {
        return terms.stream().filter(EndToEndObjective::isLogitsTerm).toList();
    }

    private static boolean isLogitsTerm(LossTerm lossTerm) {
        return lossTerm.loss().site().equals(LOGITS);
    }

    // the teacher's pass has what its layers had and made
    private LayerTargets layerTargets(
            LayerwiseDistillation these,
            int layer,
            Map<String, Tensor> taught,
            SequenceLayout sequenceLayout,
            Tensor targets,
            Tensor mask) {
        Map<String, Tensor> own = new LinkedHashMap<>();
        for (LossTerm lossTerm : these.terms()) {
            String site = site(lossTerm, OptionalInt.of(layer));
            own.put(lossTerm.loss().site(), require(taught.get(site), site));
        }
        return new LayerTargets(
                layer, require(taught.get(input(layer)), input(layer)), sequenceLayout, own, targets, mask);
    }

    // what the teacher's layer makes of what the student's had
    private Tensor teacherOnStudentInput(
            LossTerm lossTerm, int layer, Map<String, Tensor> seen, SequenceLayout sequenceLayout) {
        LoadedModel model = requireTeacher();
        Tensor x = seen.get(input(layer)).detach();
        LayerwiseDistillation one = new LayerwiseDistillation(stage, model, List.of(layer), List.of(lossTerm));
        String site = site(lossTerm, OptionalInt.of(layer));
        return require(
                one.observe(model, model.params(), layer, x, sequenceLayout, one.needsWholeLayer())
                        .get(lossTerm.loss().site()),
                site);
    }

    private List<OptionalInt> layersOf(LossTerm lossTerm) {
        return lossTerm.isPerLayer() ? layers.stream().map(OptionalInt::of).toList() : List.of(OptionalInt.empty());
    }

    private String site(LossTerm lossTerm, OptionalInt layer) {
        return layer.isPresent()
                ? lossTerm.site(layer.getAsInt(), student.spec().layers().size())
                : lossTerm.loss().site();
    }

    private static String input(int layer) {
        return "layers." + layer + ".input";
    }

    private LoadedModel requireTeacher() {
        return teacher.orElseThrow(() ->
                new StageException("stage '%s': losses %s compare with a teacher, but there is none"
                        .formatted(stage, terms.stream().map(LossTerm::label).toList())));
    }

    private Map<String, Tensor> observeTeacher(ModelInputs modelInputs, boolean pieces) {
        Set<String> sites = teacherSites();
        boolean logits = sites.contains(LOGITS) && !pieces;
        if (pieces && sites.remove(LOGITS)) {
            sites.add(FINAL_NORM);
        }
        if (sites.isEmpty()) {
            return Map.of();
        }
        LoadedModel model = requireTeacher();
        ActivationRecorder probe = new ActivationRecorder(sites::contains);
        // nothing is recorded: a layer's inner values go when it is done, but where they are looked at
        Tensor hidden = model.model()
                .hidden(model.params(), modelInputs, probe, sites.stream().noneMatch(EndToEndObjective::isInner));
        if (logits) {
            model.model().projectToVocabulary(model.params(), hidden, probe);
        }
        return probe.values();
    }

    private static boolean isInner(String site) {
        return site.startsWith("input.")
                || site.startsWith("layers.") && !site.endsWith(".input") && !site.endsWith(".output");
    }

    private Set<String> teacherSites() {
        Set<String> sites = new LinkedHashSet<>();
        for (LossTerm lossTerm : terms) {
            if (lossTerm.loss().needsTeacher() && lossTerm.inputs() != LayerInputs.STUDENT) {
                layersOf(lossTerm).forEach(layer -> sites.add(site(lossTerm, layer)));
            }
        }
        layerwise.ifPresent(these -> these.layers().forEach(layer -> {
            sites.add(input(layer));
            these.terms().forEach(lossTerm -> sites.add(site(lossTerm, OptionalInt.of(layer))));
        }));
        return sites;
    }

    private Set<String> studentSites() {
        Set<String> sites = new LinkedHashSet<>();
        for (LossTerm lossTerm : terms) {
            for (OptionalInt layer : layersOf(lossTerm)) {
                sites.add(site(lossTerm, layer));
                if (lossTerm.inputs() == LayerInputs.STUDENT) {
                    sites.add(input(layer.getAsInt()));
                }
            }
        }
        return sites;
    }

    private Map<String, Tensor> observeStudent(Params params, ModelInputs modelInputs, boolean pieces) {
        HybridModel model = student.model();
        ActivationRecorder probe =
                gradientCheckpointing ? ActivationRecorder.NONE : new ActivationRecorder(studentSites()::contains);
        Tensor hidden = model.hidden(params, modelInputs, probe, gradientCheckpointing);
        Map<String, Tensor> seen = new LinkedHashMap<>(probe.values());
        seen.put(FINAL_NORM, hidden);
        if (!pieces && !logitsTerms().isEmpty()) {
            seen.put(LOGITS, model.projectToVocabulary(params, hidden, ActivationRecorder.NONE));
        }
        return seen;
    }

    private Tensor require(Tensor value, String site) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s'; there are embed, final_norm, logits, and for"
                                    .formatted(stage, site)
                            + " layers heads, output and hidden");
        }
        return value;
    }
}
