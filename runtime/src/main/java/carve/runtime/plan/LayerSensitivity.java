package carve.runtime.plan;

import carve.api.data.Batch;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.model.ActivationRecorder;
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
import java.util.Optional;

/**
 * A measurement of a model's sensitivity to the replacement of single layers: under teacher forcing, the divergence of its
 * predictions from the teacher's, and the increase of its loss on the answers.
 *
 * <p>All candidates share a batch's embeddings, the teacher's hidden states before each layer, and its logits: a candidate for layer i
 * runs from layer i on.
 *
 * @param teacher the model
 * @param candidates the layers that are put into it, one at a time
 */
public record LayerSensitivity(LoadedModel teacher, List<LayerCandidate> candidates) {
    /** Copies the list. */
    public LayerSensitivity {
        candidates = List.copyOf(candidates);
    }

    /**
     * The effect of replacing one layer.
     *
     * @param relativeError the mean square error of the layer's output, relative to the mean square of what the teacher's layer
     *     adds to its input
     * @param klDivergence the mean KL divergence of the predictions from the teacher's, in nats per position without padding
     * @param lossIncrease the increase of the mean cross-entropy of answers
     * @param loss the mean cross-entropy of answers
     */
    public record Effect(double relativeError, double klDivergence, double lossIncrease, double loss) {}

    /** The teacher's outputs for a batch, which the replacement of every layer is compared with. */
    private record TeacherOutputs(
            Embeddings embeddings, List<Tensor> inputs, Tensor logits, Tensor targets, Tensor mask) {
        double[] counts() {
            return new double[] {mask.sum().item(), answers(targets), crossEntropy(logits, targets)};
        }
    }

    /** Receives the effect of a candidate when it is known. */
    @FunctionalInterface
    public interface Results {
        /** Receives the effect of the candidate. */
        void measured(LayerCandidate candidate, Effect effect);
    }

    /**
     * Returns the effect of each candidate, in their order.
     *
     * @param phase the name of the measurement, under which it is remembered
     */
    public List<Effect> measure(
            String phase, List<Batch> batches, SuggestionState state, ProgressListener progress, Results results) {
        long total = (long) batches.size() * candidates.size();
        for (int b = 0; b < batches.size(); b++) {
            String name = "%s/batch %d".formatted(phase, b);
            long before = (long) b * candidates.size();
            Batch batch = batches.get(b);
            boolean last = b == batches.size() - 1;
            Scope.run(
                    teacher.device(),
                    () -> measure(name, batch, state, (candidate, done) -> {
                        progress.step(before + done, total);
                        if (last) {
                            results.measured(candidate, effect(phase, candidate, batches.size(), state));
                        }
                    }));
        }
        return candidates.stream()
                .map(candidate -> effect(phase, candidate, batches.size(), state))
                .toList();
    }

    private interface Measured {
        void measured(LayerCandidate candidate, long done);
    }

    private Effect effect(String phase, LayerCandidate candidate, int batches, SuggestionState state) {
        double[] counts = sum(phase, "teacher", batches, state);
        double[] sums = sum(phase, candidate.label(), batches, state);
        double answers = Math.max(1, counts[1]);
        return new Effect(
                sums[0] / Math.max(1e-30, sums[1]),
                sums[2] / counts[0],
                (sums[3] - counts[2]) / answers,
                sums[3] / answers);
    }

    private static double[] sum(String phase, String label, int batches, SuggestionState state) {
        double[] sum = new double[4];
        for (int b = 0; b < batches; b++) {
            double[] values =
                    state.find("%s/batch %d/%s".formatted(phase, b, label)).orElseThrow();
            for (int i = 0; i < values.length; i++) {
                sum[i] += values[i];
            }
        }
        return sum;
    }

    private void measure(String name, Batch batch, SuggestionState state, Measured measured) {
        boolean complete = candidates.stream().allMatch(candidate -> state.has(name + "/" + candidate.label()));
        Optional<TeacherOutputs> outputs = complete ? Optional.empty() : Optional.of(runTeacher(batch));
        outputs.ifPresent(values -> state.measured(name + "/teacher", values::counts));
        long done = 0;
        for (LayerCandidate candidate : candidates) {
            state.measured(
                    name + "/" + candidate.label(),
                    () -> Scope.run(teacher.device(), () -> measure(outputs.orElseThrow(), candidate)));
            measured.measured(candidate, ++done);
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
            inputs.add(forward(i, inputs.getLast(), embeddings));
        }
        return new TeacherOutputs(
                embeddings,
                inputs,
                logits(inputs.getLast()),
                batch.targets(device).reshape(-1),
                batch.paddingMask(device).reshape(-1));
    }

    private Tensor forward(int layer, Tensor x, Embeddings embeddings) {
        return Scope.run(
                x.device(),
                () -> teacher.spec()
                        .layers()
                        .get(layer)
                        .forward(
                                teacher.params().under(ModelSpec.layerPrefix(layer)),
                                x,
                                embeddings.sequenceLayout(),
                                ActivationHook.NONE));
    }

    private Tensor logits(Tensor x) {
        Tensor logits = teacher.model().logits(teacher.params(), x, ActivationRecorder.NONE);
        return logits.reshape(-1, logits.extent(2));
    }

    // difference, added, divergence, loss
    private double[] measure(TeacherOutputs outputs, LayerCandidate candidate) {
        int layer = candidate.layer();
        Tensor before = outputs.inputs.get(layer);
        Tensor expected = outputs.inputs.get(layer + 1);
        Tensor replaced = Scope.run(
                before.device(),
                () -> candidate
                        .block()
                        .forward(
                                candidate.params().get(),
                                before,
                                outputs.embeddings.sequenceLayout(),
                                ActivationHook.NONE));
        Tensor mask = outputs.mask.reshape(before.extent(0), before.extent(1), 1);
        Tensor x = replaced;
        for (int next = layer + 1; next < teacher.spec().layers().size(); next++) {
            x = forward(next, x, outputs.embeddings);
        }
        Tensor logits = logits(x);
        return new double[] {
            squares(replaced.subtract(expected).multiply(mask)),
            squares(expected.subtract(before).multiply(mask)),
            KlDivergence.apply(logits, outputs.logits, 1)
                    .multiply(outputs.mask)
                    .sum()
                    .item(),
            crossEntropy(logits, outputs.targets)
        };
    }

    private static double squares(Tensor x) {
        return x.multiply(x).sum().item();
    }

    private static double crossEntropy(Tensor logits, Tensor targets) {
        return CrossEntropy.apply(logits, targets).sum().item();
    }
}
