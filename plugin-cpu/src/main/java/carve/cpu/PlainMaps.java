package carve.cpu;

import carve.api.tensor.Op;

/**
 * Functions of single F32 for machines whose vectors do not multiply and add in one instruction: {@link VectorMath} would compute
 * each such step in software there.
 */
final class PlainMaps {
    private static final double OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

    private PlainMaps() {}

    /** Writes the function of n elements. */
    static void unary(Op.UnaryFunction function, long x, long y, int n) {
        for (int i = 0; i < n; i++) {
            Memory.set(y + 4L * i, (float) of(function, Memory.get(x + 4L * i)));
        }
    }

    private static double of(Op.UnaryFunction function, double x) {
        return switch (function) {
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case LOG1P -> Math.log1p(x);
            case SQRT -> Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case TANH -> Math.tanh(x);
            case ERF -> erf(x);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case SILU -> x / (1 + Math.exp(-x));
            case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
        };
    }

    /** Returns 2/sqrt(pi) exp(-x x) times the sum of 2^n x^(2n+1) / (2n+1)!!, whose terms have one sign. */
    private static double erf(double x) {
        if (!(Math.abs(x) < 4)) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-10 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return OVER_ROOT_PI * Math.exp(-x * x) * sum;
    }
}
