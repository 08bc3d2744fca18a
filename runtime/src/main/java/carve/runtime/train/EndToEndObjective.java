package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.loss.LossInputs;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.Site;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.stage.LayerInputs;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.runtime.train.ChunkedLogitsLoss.ModelOutput;
import carve.runtime.train.LayerwiseDistillation.LayerTargets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The objective of stages whose student runs end to end; the teacher does too, if a loss needs its values. A loss per layer is
 * the mean, or the sum, of its values over the converted layers.
 *
 * <p>With {@code inputs = student} the teacher's layers get the inputs of the student's layers, and have no gradient. With
 * {@code inputs = teacher} beside other losses, the converted layers are trained one by one from the same pass of the teacher,
 * before the student runs end to end; no other layer runs for that.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model to imitate, if there is one
 * @param student the model that is trained
 * @param layers the numbers of the converted layers
 * @param terms the losses, but those of the layerwise distillation
 * @param layerwise the losses with {@code inputs = teacher}
 * @param paddingMask what models see of padding
 * @param gradientCheckpointing whether activations inside of layers are recomputed for gradients
 * @param layerWeighting how losses of layers are weighted
 * @param logitsLoss how many logits are computed at a time
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
        LayerWeighting layerWeighting,
        ChunkedLogitsLoss logitsLoss)
        implements Objective {
    EndToEndObjective {
        List<Site> inner = terms.stream()
                .map(term -> term.loss().site())
                .filter(site -> !site.equals(Site.LOGITS))
                .toList();
        if (gradientCheckpointing && !inner.isEmpty()) {
            throw new StageException(
                    "stage '%s': gradient-checkpointing = true allows losses at logits only, but there are losses at %s"
                            .formatted(stage, inner));
        }
        if (layers.isEmpty() && terms.stream().anyMatch(LossTerm::isPerLayer)) {
            throw new StageException("stage '%s': losses at %s need converted layers, but the plan converts none"
                    .formatted(stage, inner));
        }
        List<String> notPerLayer = terms.stream()
                .filter(term -> term.inputs() == LayerInputs.STUDENT && !term.isPerLayer())
                .map(LossTerm::label)
                .toList();
        if (!notPerLayer.isEmpty()) {
            throw new StageException(
                    ("stage '%s': inputs = student compares layers, so losses must be per layer (site heads, output or"
                                    + " hidden), not %s; use inputs = own")
                            .formatted(stage, notPerLayer));
        }
    }

    @Override
    public void requireDifferentiable(Set<String> trained) {
        // every parameter that a model reads can have a gradient
    }

    @Override
    public void accumulate(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        List<Batch> parts = PaddedBatches.microBatches(paddingMask, batch);
        parts.forEach(part -> accumulatePart(part, lossScale / parts.size(), trained, accumulator));
    }

    /** One batch on its way: what all its losses share. */
    private record Pass(
            SequenceLayout sequenceLayout,
            Tensor targets,
            Tensor mask,
            boolean chunked,
            double lossScale,
            Sites taught) {}

    private void accumulatePart(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        Device device = student.device();
        Scope.run(device, () -> {
            ModelInputs inputs = PaddedBatches.inputs(paddingMask, batch, device);
            Tensor targets = batch.targets(device);
            boolean chunked = logitsLoss.shouldChunk(
                    logitsTerms(), targets.shape().size(), student.spec().vocabulary());
            Pass pass = new Pass(
                    student.spec().input().layout(inputs),
                    targets,
                    batch.paddingMask(device),
                    chunked,
                    lossScale,
                    observeTeacher(inputs, chunked));
            layerwise.ifPresent(distillation -> distillation
                    .layers()
                    .forEach(layer -> Scope.run(
                            device,
                            () -> distillation.accumulate(
                                    layerTargets(layer, pass), lossScale, trained, accumulator))));
            Tape tape = new Tape();
            Map<String, Tensor> watched = WatchedParams.watch(tape, student, trained, "");
            Params params = Params.overlay(watched, student.params());
            WeightedLoss weightedLoss = new WeightedLoss(accumulator, layerWeighting);
            addLosses(weightedLoss, pass, params, observeStudent(params, inputs, chunked));
            weightedLoss.backward(tape, watched);
        });
    }

    private void addLosses(WeightedLoss weightedLoss, Pass pass, Params params, Sites observed) {
        if (pass.chunked) {
            addChunkedLogitsLosses(weightedLoss, pass, params, observed);
        }
        for (LossTerm term : terms) {
            if (!pass.chunked || !isLogitsTerm(term)) {
                List<OptionalInt> own = sites().layersOf(term);
                for (OptionalInt layer : own) {
                    Tensor value = observed.require(sites().of(term, layer));
                    LossInputs inputs = new LossInputs(
                            value, teacherValue(term, layer, pass, observed, value), pass.targets, pass.mask);
                    weightedLoss.add(term, layer, pass.lossScale, own.size(), inputs);
                }
            }
        }
    }

    private Tensor teacherValue(LossTerm term, OptionalInt layer, Pass pass, Sites observed, Tensor value) {
        if (!term.loss().needsTeacher()) {
            return value;
        }
        return term.inputs() == LayerInputs.STUDENT
                ? teacherOnStudentInput(term, layer.getAsInt(), observed, pass.sequenceLayout)
                : pass.taught.require(sites().of(term, layer));
    }

    private Tensor teacherOnStudentInput(LossTerm term, int layer, Sites observed, SequenceLayout sequenceLayout) {
        LoadedModel model = requireTeacher();
        Tensor x = observed.require(Site.layer(layer, "input")).detach();
        Map<Site, Tensor> values = LayerwiseDistillation.observe(
                model,
                model.params(),
                layer,
                x,
                sequenceLayout,
                List.of(term),
                LayerwiseDistillation.needsWholeLayer(term));
        return new Sites(stage, "teacher", model, values).require(sites().of(term, OptionalInt.of(layer)));
    }

    private void addChunkedLogitsLosses(WeightedLoss weightedLoss, Pass pass, Params params, Sites observed) {
        List<LossTerm> own = logitsTerms();
        boolean compares = own.stream().anyMatch(term -> term.loss().needsTeacher());
        Optional<ModelOutput> other = compares
                ? Optional.of(new ModelOutput(
                        pass.taught.require(Site.FINAL_NORM),
                        requireTeacher().params(),
                        requireTeacher().spec()))
                : Optional.empty();
        ModelOutput output = new ModelOutput(observed.require(Site.FINAL_NORM), params, student.spec());
        List<Tensor> losses = logitsLoss.losses(own, output, other, pass.targets, pass.mask);
        for (int i = 0; i < own.size(); i++) {
            weightedLoss.add(own.get(i), OptionalInt.empty(), pass.lossScale, layers.size(), losses.get(i));
        }
    }

    private ObservedSites sites() {
        return new ObservedSites(terms, layers, student.spec().layers().size());
    }

    private List<LossTerm> logitsTerms() {
        return terms.stream().filter(EndToEndObjective::isLogitsTerm).toList();
    }

    private static boolean isLogitsTerm(LossTerm term) {
        return term.loss().site().equals(Site.LOGITS);
    }

    private LayerTargets layerTargets(int layer, Pass pass) {
        return new LayerTargets(
                layer,
                pass.taught.require(Site.layer(layer, "input")),
                pass.sequenceLayout,
                pass.taught,
                pass.targets,
                pass.mask);
    }

    private LoadedModel requireTeacher() {
        return teacher.orElseThrow(
                () -> new StageException("stage '%s': needs a teacher; set 'teacher' in the recipe".formatted(stage)));
    }

    private Sites observeTeacher(ModelInputs inputs, boolean chunked) {
        Set<Site> wanted = sites().ofTeacher();
        layerwise.ifPresent(distillation ->
                distillation.layers().forEach(layer -> wanted.addAll(distillation.teacherSites(layer))));
        boolean logits = wanted.contains(Site.LOGITS) && !chunked;
        if (chunked && wanted.remove(Site.LOGITS)) {
            wanted.add(Site.FINAL_NORM);
        }
        if (wanted.isEmpty()) {
            return new Sites(stage, "teacher", teacher.orElse(student), Map.of());
        }
        LoadedModel model = requireTeacher();
        return new Sites(
                stage, "teacher", model, Scope.run(student.device(), () -> values(model, inputs, wanted, logits)));
    }

    private static Map<Site, Tensor> values(LoadedModel model, ModelInputs inputs, Set<Site> wanted, boolean logits) {
        ActivationRecorder recorder = new ActivationRecorder(wanted::contains);
        // without inner sites a layer's inner values are released when it is done
        boolean release = wanted.stream().noneMatch(EndToEndObjective::isInner);
        Tensor hidden = model.model().hidden(model.params(), inputs, recorder, release);
        if (logits) {
            model.model().projectToVocabulary(model.params(), hidden, recorder);
        }
        return recorder.values();
    }

    private static boolean isInner(Site site) {
        return switch (site) {
            case Site.Input _ -> true;
            case Site.Layer layer -> !layer.isBoundary();
            case Site.Model _, Site.EachLayer _ -> false;
        };
    }

    private Sites observeStudent(Params params, ModelInputs inputs, boolean chunked) {
        HybridModel model = student.model();
        Set<Site> wanted = sites().ofStudent();
        ActivationRecorder recorder =
                gradientCheckpointing ? ActivationRecorder.NONE : new ActivationRecorder(wanted::contains);
        Tensor hidden = model.hidden(params, inputs, recorder, gradientCheckpointing);
        Map<Site, Tensor> values = new LinkedHashMap<>(recorder.values());
        values.put(Site.FINAL_NORM, hidden);
        if (!chunked && !logitsTerms().isEmpty()) {
            values.put(Site.LOGITS, model.projectToVocabulary(params, hidden, ActivationRecorder.NONE));
        }
        return new Sites(stage, "student", student, values);
    }
}
