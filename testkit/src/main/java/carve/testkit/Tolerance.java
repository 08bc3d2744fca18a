package carve.testkit;

/**
 * The allowed ratios of differences, see {@link TensorAssertions#assertClose}. Loosening one is a commit of its own,
 * with the measurement that justifies it.
 */
public final class Tolerance {
    /** Elementwise functions in F32. */
    public static final double ELEMENTWISE = 1e-6;

    /** Products of matrices and reductions in F32. */
    public static final double REDUCTION = 1e-5;

    /** Scans, convolutions and attention in F32. */
    public static final double SCAN = 1e-5;

    /** Position by position against all at once, in F32. */
    public static final double STEP = 1e-4;

    /** Gradients against central differences with {@link #DIFFERENCE_STEP}. */
    public static final double CENTRAL_DIFFERENCE = 2e-3;

    /** The step h of central differences, see {@link GradientCheck}. */
    public static final double DIFFERENCE_STEP = 1e-2;

    /** Results stored in BF16. */
    public static final double BF16_FORWARD = 5e-3;

    /** Gradients stored in BF16. */
    public static final double BF16_GRADIENT = 1e-2;

    private Tolerance() {}
}
