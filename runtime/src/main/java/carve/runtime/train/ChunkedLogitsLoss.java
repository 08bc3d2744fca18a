package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.loss.PerTokenLoss;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.ModelSpec;
import carve.api.op.ChunkedRecompute;
import carve.api.param.Params;
import carve.api.stage.LossTerm;
import carve.api.tensor.RowChunks;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The computation of losses at logits from the outputs of the final norms, for some positions at a time: {@code (B, T, V)} is
 * never in memory, and only {@code (D)} of each position is kept for gradients.
 *
 * @param maxBytes the most memory that the logits of one model take at once; 0 for no limit
 */
public record ChunkedLogitsLoss(long maxBytes) {
    private static final int MEBI = 1 << 20;

    /** Reads the setting. */
    public static ChunkedLogitsLoss from(Settings settings) {
        double mebibytes = settings.real("max-logits-mib");
        if (!(mebibytes >= 0 && mebibytes <= Integer.MAX_VALUE)) {
            throw settings.error(
                    "max-logits-mib", "must be 0 (unlimited) or a positive number of MiB, is " + mebibytes);
        }
        return new ChunkedLogitsLoss((long) (mebibytes * MEBI));
    }

    /**
     * A model's side of a comparison.
     *
     * @param hidden {@code (B, T, D)}, the output of its final norm
     * @param params its parameters, watched where they are trained
     * @param spec the model
     */
    record ModelOutput(Tensor hidden, Params params, ModelSpec spec) {
        private List<String> names() {
            return spec.head().names();
        }

        private List<Tensor> operands() {
            List<Tensor> operands = new ArrayList<>(List.of(hidden.reshape(-1, hidden.extent(-1))));
            names().forEach(name -> operands.add(params.get(name)));
            return operands;
        }

        private Tensor logits(List<Tensor> operands) {
            Map<String, Tensor> own = new HashMap<>();
            for (int i = 0; i < names().size(); i++) {
                own.put(names().get(i), operands.get(i + 1));
            }
            return new HybridModel(spec)
                    .projectToVocabulary(Params.of(own), operands.getFirst(), ActivationRecorder.NONE);
        }
    }

    /** Returns whether the logits of all positions take too much memory, and all losses can be computed in chunks. */
    boolean shouldChunk(List<LossTerm> terms, long positions, int vocabulary) {
        return maxBytes > 0
                && positions * vocabulary * Float.BYTES > maxBytes
                && terms.stream().allMatch(lossTerm -> lossTerm.loss() instanceof PerTokenLoss);
    }

    /** Returns the losses of terms that {@link #shouldChunk} is true of, in their order. */
    List<Tensor> losses(
            List<LossTerm> terms, ModelOutput student, Optional<ModelOutput> teacher, Tensor targets, Tensor mask) {
        List<PerTokenLoss> losses =
                terms.stream().map(lossTerm -> (PerTokenLoss) lossTerm.loss()).toList();
        List<Tensor> operands = new ArrayList<>(student.operands());
        int own = operands.size();
        teacher.ifPresent(modelOutput -> operands.addAll(modelOutput.operands()));
        operands.add(targets.reshape(-1));
        List<Boolean> cut = new ArrayList<>(Collections.nCopies(operands.size(), false));
        cut.set(0, true);
        cut.set(cut.size() - 1, true);
        teacher.ifPresent(_ -> cut.set(own, true));
        int rows = Math.clamp(maxBytes / (student.spec().vocabulary() * (long) Float.BYTES), 1, Integer.MAX_VALUE);
        TensorType one = TensorType.f32(Math.toIntExact(targets.shape().size()));
        List<Tensor> values = ChunkedRecompute.apply(
                Collections.nCopies(losses.size(), one),
                given -> {
                    Tensor logits = student.logits(given.subList(0, own));
                    Tensor other = teacher.map(modelOutput -> modelOutput.logits(given.subList(own, given.size() - 1)))
                            .orElse(logits);
                    return losses.stream()
                            .map(loss ->
                                    loss.tokenLosses(logits, loss.needsTeacher() ? other : logits, given.getLast()))
                            .toList();
                },
                new RowChunks(rows, cut),
                operands);
        Shape shape = targets.shape();
        List<Tensor> reduced = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            reduced.add(losses.get(i).reduce(values.get(i).reshape(shape), targets, mask));
        }
        return reduced;
    }
}
