package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.model.InputEncoder.Embeddings;
import carve.api.model.LoadedModel;
import carve.api.op.SequenceLayout;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.runtime.train.LayerwiseDistillation.LayerTargets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code forcing = teacher}: each converted layer sees the input that the teacher's layer had, and is compared with what
 * that layer made of it. The teacher runs once; layers are independent and learn one after the other as it goes by, so that
 * only one layer's activations are ever kept.
 *
 * <p>mmMamba stages 1 and 2 (arXiv:2502.13145, section 3.2): at {@code heads}, each head's output before the output
 * projection. There, only the layer's mixer runs; at {@code output} and {@code hidden}, the whole layer does.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model that is imitated
 * @param distillation what the student learns
 * @param paddingMask what models are told of padding
 */
record LayerwiseObjective(
        String stage, LoadedModel teacher, LayerwiseDistillation distillation, PaddingMask paddingMask)
        implements Objective {
    private static final String OUTPUT = "output";

    @Override
    public void requireDifferentiable(Set<String> trained) {
        boolean whole = distillation.needsWholeLayer();
        List<String> outside = trained.stream()
                .filter(name -> distillation.layers().stream()
                        .noneMatch(layer -> name.startsWith("layers." + layer + (whole ? "." : ".mixer."))))
                .toList();
        if (!outside.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher and these losses only parameters of the %s of layers"
                                    + " %s learn, but 'train' chooses %s")
                            .formatted(stage, whole ? "whole" : "mixers", distillation.layers(), outside));
        }
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, GradientAccumulator into) {
        List<Batch> parts = paddingMask.microBatches(batch);
        parts.forEach(part -> accumulatePart(part, share / parts.size(), trained, into));
    }

    private void accumulatePart(Batch batch, double share, Set<String> trained, GradientAccumulator into) {
        Device device = teacher.device();
        Scope.run(device, () -> {
            Embeddings embeddings =
                    teacher.spec().input().encode(teacher.params().under("input"), paddingMask.inputs(batch, device));
            Tensor targets = batch.targets(device);
            Tensor mask = batch.paddingMask(device);
            Tensor x = embeddings.x();
            for (int i = 0; i <= distillation.layers().getLast(); i++) {
                int layer = i;
                Tensor input = x;
                x = Scope.run(device, () -> {
                    LayerTargets layerTargets = layerTargets(layer, input, embeddings.sequenceLayout(), targets, mask);
                    if (distillation.layers().contains(layer)) {
                        Scope.run(device, () -> distillation.accumulate(layerTargets, share, trained, into));
                    }
                    return layerTargets.teacherValues().getOrDefault(OUTPUT, input);
                });
            }
        });
    }

    // what comes after the last converted layer's heads is nobody's input
    private LayerTargets layerTargets(int layer, Tensor x, SequenceLayout sequenceLayout, Tensor targets, Tensor mask) {
        boolean whole =
                distillation.needsWholeLayer() || layer < distillation.layers().getLast();
        Map<String, Tensor> taught = Scope.run(
                teacher.device(),
                () -> distillation.observe(teacher, teacher.params(), layer, x, sequenceLayout, whole));
        return new LayerTargets(layer, x, sequenceLayout, taught, targets, mask);
    }
}
