package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
import carve.api.model.InputEncoder.Embeddings;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.model.Site;
import carve.api.op.SequenceLayout;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.runtime.train.LayerwiseDistillation.LayerTargets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The objective of stages all of whose losses have {@code inputs = teacher}. The teacher runs once, layer by layer; each
 * converted layer of the student is trained when the teacher's layer has run, so that the activations of only one layer are
 * ever kept.
 *
 * <p>mmMamba stages 1 and 2 (arXiv:2502.13145, section 3.2) compare at {@code heads}, each head's output before the output
 * projection. There, only the layer's mixer runs; at {@code output} and {@code hidden}, the whole layer does.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model to imitate
 * @param distillation the training of the student's layers
 * @param paddingMask what models see of padding
 */
record LayerwiseObjective(
        String stage, LoadedModel teacher, LayerwiseDistillation distillation, PaddingMask paddingMask)
        implements Objective {
    @Override
    public void requireDifferentiable(Set<String> trained) {
        boolean whole = distillation.needsWholeLayer();
        List<String> outside = trained.stream()
                .filter(name -> distillation.layers().stream()
                        .noneMatch(layer -> name.startsWith(ModelSpec.layerPrefix(layer) + (whole ? "." : ".mixer."))))
                .toList();
        if (!outside.isEmpty()) {
            throw new StageException(
                    "stage '%s': inputs = teacher trains only %s of layers %s, but 'train' also selects %s"
                            .formatted(
                                    stage, whole ? "parameters" : "mixer parameters", distillation.layers(), outside));
        }
    }

    @Override
    public void accumulate(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        List<Batch> parts = PaddedBatches.microBatches(paddingMask, batch);
        parts.forEach(part -> accumulatePart(part, lossScale / parts.size(), trained, accumulator));
    }

    private void accumulatePart(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        Device device = teacher.device();
        Scope.run(device, () -> {
            Embeddings embeddings = teacher.model()
                    .embed(teacher.params(), PaddedBatches.inputs(paddingMask, batch, device), ActivationRecorder.NONE);
            Tensor targets = batch.targets(device);
            Tensor mask = batch.paddingMask(device);
            Tensor x = embeddings.x();
            for (int i = 0; i <= distillation.layers().getLast(); i++) {
                int layer = i;
                Tensor input = x;
                x = Scope.run(device, () -> {
                    Sites taught = teacherLayer(layer, input, embeddings.sequenceLayout());
                    if (distillation.layers().contains(layer)) {
                        LayerTargets layerTargets =
                                new LayerTargets(layer, input, embeddings.sequenceLayout(), taught, targets, mask);
                        Scope.run(device, () -> distillation.accumulate(layerTargets, lossScale, trained, accumulator));
                    }
                    return taught.values().getOrDefault(Site.layer(layer, "output"), input);
                });
            }
        });
    }

    // the output of the last converted layer is the input of no other
    private Sites teacherLayer(int layer, Tensor x, SequenceLayout sequenceLayout) {
        List<LossTerm> terms = distillation.termsWithTeacherValue(layer);
        boolean whole = layer < distillation.layers().getLast()
                || terms.stream().anyMatch(LayerwiseDistillation::needsWholeLayer);
        Map<Site, Tensor> values = whole || !terms.isEmpty()
                ? Scope.run(
                        teacher.device(),
                        () -> LayerwiseDistillation.observe(
                                teacher, teacher.params(), layer, x, sequenceLayout, terms, whole))
                : Map.of();
        return new Sites(stage, "teacher", teacher, values);
    }
}
