package carve.api.stage;

/** The mask that tells models where a batch has padding. */
public enum PaddingMask {
    /** Attention leaves padding out, as keys and as queries. */
    FULL,
    /**
     * No mask: padding attends to all before it, at position 0, as in mmMamba's training, whose mixers take no mask and whose
     * loader fills position ids with zeros. It changes only losses that count padding. Rows of different lengths run one by one.
     */
    NONE,
    /**
     * A mask of keys alone, as PyTorch's {@code key_padding_mask}: embeddings of padding are zeros that attend to the positions
     * before the padding; mixers without attention see the zeros too. So MaTVLM is trained. It changes only losses that count
     * padding.
     */
    KEYS
}
