package carve.cpu.simd;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.tensor.Op;
import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementwise loops over F32 in native memory, one per function: a loop that took its function as an argument would box
 * a vector per step.
 *
 * <p>An operand step is 4 bytes, or 0 for a value that is repeated, which is then stored {@link NativeMemory#LANES} times at its
 * address.
 */
public final class Elementwise {
    private Elementwise() {}

    /** Writes the function of n elements. */
    public static void unary(Op.UnaryFunction function, long x, long y, int n) {
        if (!CpuFeatures.HAS_FMA) {
            ScalarElementwise.unary(function, x, y, n);
            return;
        }
        switch (function) {
            case NEGATE -> negate(x, y, n);
            case ABS -> abs(x, y, n);
            case EXP -> exp(x, y, n);
            case LOG -> log(x, y, n);
            case LOG1P -> log1p(x, y, n);
            case SQRT -> sqrt(x, y, n);
            case RECIPROCAL -> reciprocal(x, y, n);
            case TANH -> tanh(x, y, n);
            case ERF -> erf(x, y, n);
            case SIGMOID -> sigmoid(x, y, n);
            case SILU -> silu(x, y, n);
            case SOFTPLUS -> softplus(x, y, n);
            case SIN -> sine(x, y, n, 0);
            case COS -> sine(x, y, n, Math.PI / 2);
        }
    }

    private static void sine(long from, long to, int n, double phase) {
        for (int i = 0; i < n; i++) {
            double x = NativeMemory.get(from + 4L * i);
            NativeMemory.set(to + 4L * i, (float) (phase == 0 ? Math.sin(x) : Math.cos(x)));
        }
    }

    private static void negate(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = load(from + 4L * i);
            store(to + 4L * i, x.neg());
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector x = load(from + 4L * i, rest);
            store(to + 4L * i, x.neg(), rest);
        }
    }

    private static void abs(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = load(from + 4L * i);
            store(to + 4L * i, x.abs());
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector x = load(from + 4L * i, rest);
            store(to + 4L * i, x.abs(), rest);
        }
    }

    private static void exp(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.exp(load(from + 4L * i, m)), m);
        }
    }

    private static void log(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.log(load(from + 4L * i, m)), m);
        }
    }

    private static void log1p(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.log1p(load(from + 4L * i, m)), m);
        }
    }

    private static void sqrt(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = load(from + 4L * i);
            store(to + 4L * i, x.sqrt());
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector x = load(from + 4L * i, rest);
            store(to + 4L * i, x.sqrt(), rest);
        }
    }

    private static void reciprocal(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = load(from + 4L * i);
            store(to + 4L * i, FloatVector.broadcast(F, 1f).div(x));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector x = load(from + 4L * i, rest);
            store(to + 4L * i, FloatVector.broadcast(F, 1f).div(x), rest);
        }
    }

    private static void tanh(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.tanh(load(from + 4L * i, m)), m);
        }
    }

    private static void erf(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.erf(load(from + 4L * i, m)), m);
        }
    }

    private static void sigmoid(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.sigmoid(load(from + 4L * i, m)), m);
        }
    }

    private static void silu(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.silu(load(from + 4L * i, m)), m);
        }
    }

    private static void softplus(long from, long to, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.softplus(load(from + 4L * i, m)), m);
        }
    }

    /** Writes the function of n pairs of elements. */
    public static void binary(Op.BinaryFunction function, long a, int stepA, long b, int stepB, long y, int n) {
        switch (function) {
            case ADD -> add(a, stepA, b, stepB, y, n);
            case SUBTRACT -> subtract(a, stepA, b, stepB, y, n);
            case MULTIPLY -> multiply(a, stepA, b, stepB, y, n);
            case DIVIDE -> divide(a, stepA, b, stepB, y, n);
            case MAXIMUM -> maximum(a, stepA, b, stepB, y, n);
            case MINIMUM -> minimum(a, stepA, b, stepB, y, n);
        }
    }

    private static void add(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.add(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.add(b), rest);
        }
    }

    private static void subtract(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.sub(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.sub(b), rest);
        }
    }

    private static void multiply(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.mul(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.mul(b), rest);
        }
    }

    private static void divide(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.div(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.div(b), rest);
        }
    }

    private static void maximum(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.max(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.max(b), rest);
        }
    }

    private static void minimum(long left, int stepA, long right, int stepB, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector a = load(left + (long) stepA * i);
            FloatVector b = load(right + (long) stepB * i);
            store(to + 4L * i, a.min(b));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            FloatVector a = load(left + (long) stepA * i, rest);
            FloatVector b = load(right + (long) stepB * i, rest);
            store(to + 4L * i, a.min(b), rest);
        }
    }

    /** Writes n copies of a value. */
    public static void fill(long to, float value, int n) {
        FloatVector v = FloatVector.broadcast(F, value);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(to + 4L * i, v);
        }
        if (i < n) {
            store(to + 4L * i, v, NativeMemory.firstLanes(n - i));
        }
    }

    /** Adds n elements to others. */
    public static void accumulate(long from, long to, int n) {
        add(to, 4, from, 4, to, n);
    }

    /** Returns the sum of n elements. */
    public static float sum(long from, int n) {
        FloatVector sum = FloatVector.zero(F);
        FloatVector other = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            sum = sum.add(load(from + 4L * i));
            other = other.add(load(from + 4L * (i + LANES)));
        }
        for (; i < n; i += LANES) {
            sum = sum.add(load(from + 4L * i, NativeMemory.firstLanes(n - i)));
        }
        return LaneReduction.sum(sum.add(other));
    }

    /** Returns the greatest of n elements, negative infinity if there are none. */
    public static float max(long from, int n) {
        FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            max = max.max(load(from + 4L * i));
        }
        float result = max.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            result = Math.max(result, NativeMemory.get(from + 4L * i));
        }
        return result;
    }
}
