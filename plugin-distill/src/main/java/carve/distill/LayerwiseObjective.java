package carve.distill;

import carve.api.device.Device;
import carve.api.model.InputEncoder.Encoded;
import carve.api.model.LoadedModel;
import carve.api.op.Sequences;
import carve.api.stage.Batch;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.distill.Lessons.Lesson;
import carve.distill.training.Objective;
import carve.distill.training.StepBuffer;
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
 * @param lessons what the student learns
 * @param pads what models are told of padding
 */
record LayerwiseObjective(String stage, LoadedModel teacher, Lessons lessons, Pads pads) implements Objective {
    private static final String OUTPUT = "output";

    @Override
    public void check(Set<String> trained) {
        boolean whole = lessons.needWholeLayer();
        List<String> outside = trained.stream()
                .filter(name -> lessons.layers().stream()
                        .noneMatch(layer -> name.startsWith("layers." + layer + (whole ? "." : ".mixer."))))
                .toList();
        if (!outside.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher and these losses only parameters of the %s of layers"
                                    + " %s learn, but 'train' chooses %s")
                            .formatted(stage, whole ? "whole" : "mixers", lessons.layers(), outside));
        }
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, StepBuffer into) {
        List<Batch> parts = pads.parts(batch);
        parts.forEach(part -> accumulatePart(part, share / parts.size(), trained, into));
    }

    private void accumulatePart(Batch batch, double share, Set<String> trained, StepBuffer into) {
        Device device = teacher.device();
        Scope.run(device, () -> {
            Encoded encoded =
                    teacher.spec().input().encode(teacher.params().under("input"), pads.inputs(batch, device));
            Tensor targets = batch.targets(device);
            Tensor mask = batch.mask(device);
            Tensor x = encoded.x();
            for (int i = 0; i <= lessons.layers().getLast(); i++) {
                int layer = i;
                Tensor input = x;
                x = Scope.run(device, () -> {
                    Lesson lesson = lesson(layer, input, encoded.sequences(), targets, mask);
                    if (lessons.layers().contains(layer)) {
                        Scope.run(device, () -> lessons.learn(lesson, share, trained, into));
                    }
                    return lesson.taught().getOrDefault(OUTPUT, input);
                });
            }
        });
    }

    // what comes after the last converted layer's heads is nobody's input
    private Lesson lesson(int layer, Tensor x, Sequences sequences, Tensor targets, Tensor mask) {
        boolean whole = lessons.needWholeLayer() || layer < lessons.layers().getLast();
        Map<String, Tensor> taught = Scope.run(
                teacher.device(), () -> lessons.observe(teacher, teacher.params(), layer, x, sequences, whole));
        return new Lesson(layer, x, sequences, taught, targets, mask);
    }
}
