package carve.runtime.train;

/** The weights of layers in a loss that is evaluated for each of them. */
public enum LayerWeighting {
    /** Values as they are, as papers have them: layers of large activations outweigh others. */
    ABSOLUTE,
    /** Values relative to those of a student that is zero, so that layers count alike. */
    RELATIVE
}
