package carve.runtime.plan;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.InputEncoder.Embeddings;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.op.CrossEntropy;
import carve.api.op.KlDivergence;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A measurement of a model's sensitivity to the replacement of single layers: under teacher forcing, the divergence of its
 * predictions from the teacher's, and the increase of its loss on the answers.
 *
 * @param teacher the model
 * @param student the same model with all layers replaced
 */
public record LayerSensitivity(LoadedModel teacher, LoadedModel student) {
    /**
     * The effect of replacing one layer.
     *
     * @param relativeError the mean square error of the layer's output, relative to the mean square of what the teacher's layer
     *     adds to its input
     * @param klDivergence the mean KL divergence of the predictions from the teacher's, in nats per position without padding
     * @param lossIncrease the increase of the mean cross-entropy of answers
     */
    public record Effect(double relativeError, double klDivergence, double lossIncrease) {}

    /** Sums over batches. */
    private static final class Sums {
        private double difference;
        private double added;
        private double divergence;
        private double loss;
    }

    /** The teacher's outputs for a batch, which the replacement of every layer is compared with. */
    private record TeacherOutputs(
            Batch batch, Embeddings embeddings, List<Tensor> inputs, Tensor logits, Tensor targets, Tensor mask) {}

    /** Returns the effect of replacing each layer, in the order of the layers. */
    public List<Effect> measure(List<Batch> batches, ProgressListener progress) {
        List<Sums> layers = new ArrayList<>();
        teacher.spec().layers().forEach(_ -> layers.add(new Sums()));
        double[] counts = new double[3]; // positions, answers, the teacher's own loss
        int done = 0;
        for (Batch batch : batches) {
            Scope.run(teacher.device(), () -> measure(batch, layers, counts));
            progress.step(++done, batches.size());
        }
        double answers = Math.max(1, counts[1]);
        return layers.stream()
                .map(sums -> new Effect(
                        sums.difference / Math.max(1e-30, sums.added),
                        sums.divergence / counts[0],
                        (sums.loss - counts[2]) / answers))
                .toList();
    }

    private void measure(Batch batch, List<Sums> layers, double[] counts) {
        TeacherOutputs teacherOutputs = runTeacher(batch);
        counts[0] += teacherOutputs.mask.sum().item();
        counts[1] += answers(teacherOutputs.targets);
        counts[2] += loss(teacherOutputs, teacherOutputs.logits);
        for (int i = 0; i < layers.size(); i++) {
            int layer = i;
            Scope.run(teacher.device(), () -> measure(teacherOutputs, layer, layers.get(layer)));
        }
    }

    private static long answers(Tensor targets) {
        return Arrays.stream(targets.ints())
                .filter(target -> target != Batch.IGNORE_INDEX)
                .count();
    }

    // the last of the inputs is what the last layer gives
    private TeacherOutputs runTeacher(Batch batch) {
        Device device = teacher.device();
        Embeddings embeddings = teacher.model().embed(teacher.params(), batch.inputs(device), ActivationRecorder.NONE);
        List<Tensor> inputs = new ArrayList<>(List.of(embeddings.x()));
        for (int i = 0; i < teacher.spec().layers().size(); i++) {
            inputs.add(forward(teacher, i, inputs.getLast(), embeddings));
        }
        Tensor logits =
                new HybridModel(teacher.spec()).logits(teacher.params(), inputs.getLast(), ActivationRecorder.NONE);
        return new TeacherOutputs(
                batch,
                embeddings,
                inputs,
                rows(logits),
                batch.targets(device).reshape(-1),
                batch.paddingMask(device).reshape(-1));
    }

    private static Tensor forward(LoadedModel model, int layer, Tensor x, Embeddings embeddings) {
        return Scope.run(
                x.device(),
                () -> model.spec()
                        .layers()
                        .get(layer)
                        .forward(
                                model.params().under(ModelSpec.layerPrefix(layer)),
                                x,
                                embeddings.sequenceLayout(),
                                ActivationHook.NONE));
    }

    private static Tensor rows(Tensor logits) {
        return logits.reshape(-1, logits.extent(2));
    }

    private void measure(TeacherOutputs teacherOutputs, int layer, Sums sums) {
        Tensor before = teacherOutputs.inputs.get(layer);
        Tensor expected = teacherOutputs.inputs.get(layer + 1);
        Tensor x = forward(student, layer, before, teacherOutputs.embeddings);
        Tensor mask = teacherOutputs.mask.reshape(x.extent(0), x.extent(1), 1);
        sums.difference += squares(x.subtract(expected).multiply(mask));
        sums.added += squares(expected.subtract(before).multiply(mask));
        for (int next = layer + 1; next < teacher.spec().layers().size(); next++) {
            x = forward(teacher, next, x, teacherOutputs.embeddings);
        }
        Tensor logits = rows(new HybridModel(teacher.spec()).logits(teacher.params(), x, ActivationRecorder.NONE));
        sums.divergence += KlDivergence.apply(logits, teacherOutputs.logits, 1)
                .multiply(teacherOutputs.mask)
                .sum()
                .item();
        sums.loss += loss(teacherOutputs, logits);
    }

    private static double squares(Tensor x) {
        return x.multiply(x).sum().item();
    }

    private static double loss(TeacherOutputs teacherOutputs, Tensor logits) {
        return CrossEntropy.apply(logits, teacherOutputs.targets).sum().item();
    }
}
