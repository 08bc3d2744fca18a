package carve.models.decoder.gguf;

import carve.api.checkpoint.TensorSource;
import carve.api.model.ModelSpec;
import carve.models.TensorMapping;
import java.util.function.IntUnaryOperator;

/**
 * The values that an architecture stores in another way than checkpoints of Transformers do. Names are those of GGUF.
 *
 * <p>Where llama.cpp rotates neighbouring elements and Transformers the halves of a head, row {@code 2 i + j} of a head of queries
 * or keys in a file is row {@code j K/2 + i} there. Norms of Gemma and Nemotron are by 1 + weight, which files store as the sum.
 *
 * @param interleaved whether rows of queries and keys are in another order
 * @param shiftedNorms whether weights of norms are stored plus 1
 * @param headWidth K
 */
record StoredValues(boolean interleaved, boolean shiftedNorms, int headWidth) {
    static StoredValues of(GgufArchitecture architecture, ModelSpec spec) {
        return new StoredValues(
                architecture.interleaved(),
                architecture.shiftedNorms(),
                spec.layers().stream()
                        .filter(layer -> !layer.mixerSpec().name().equals(PaddedHeads.MIXER))
                        .findFirst()
                        .orElse(spec.layers().getFirst())
                        .config()
                        .headWidth());
    }

    TensorSource fromGguf(TensorSource file) {
        return changed(file, toHalves(headWidth), -1);
    }

    TensorSource toGguf(TensorSource checkpoint) {
        return changed(checkpoint, toPairs(headWidth), 1);
    }

    private TensorSource changed(TensorSource tensors, IntUnaryOperator rows, double shift) {
        TensorMapping changed = new TensorMapping(tensors);
        for (String name : tensors.names()) {
            if (interleaved && (name.contains(".attn_q.") || name.contains(".attn_k."))) {
                changed.permuteRows(name, name, rows);
            } else if (shiftedNorms && name.endsWith("norm.weight")) {
                changed.map(name, name, tensors.type(name).shape(), weight -> weight + shift);
            } else {
                changed.rename(name, name);
            }
        }
        return changed.source();
    }

    /** Returns the map from a row of a checkpoint to the row of a GGUF file. */
    static IntUnaryOperator toHalves(int width) {
        return row -> row / width * width + row % width % (width / 2) * 2 + row % width / (width / 2);
    }

    /** Returns the map from a row of a GGUF file to the row of a checkpoint. */
    static IntUnaryOperator toPairs(int width) {
        return row -> row / width * width + row % width / 2 + row % 2 * (width / 2);
    }
}
