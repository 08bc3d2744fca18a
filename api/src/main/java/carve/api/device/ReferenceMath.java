package carve.api.device;

import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import carve.api.tensor.Tensor;
import java.util.List;

/** The loops and functions of {@link ReferenceDevice}. */
final class ReferenceMath {
    /** A function of the elements {@code values[start + i * stride]}, i below count. */
    interface Reduction {
        double of(double[] values, int start, int stride, int count);
    }

    private ReferenceMath() {}

    static double unary(Op.UnaryFunction function, double x) {
        return switch (function) {
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case LOG1P -> Math.log1p(x);
            case SQRT -> Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case TANH -> Math.tanh(x);
            case ERF -> erf(x);
            case SIGMOID -> sigmoid(x);
            case SILU -> x * sigmoid(x);
            case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        };
    }

    private static double sigmoid(double x) {
        double e = Math.exp(-Math.abs(x));
        return (x >= 0 ? 1 : e) / (1 + e);
    }

    /** Returns the error function: its Taylor series below 3, its continued fraction above (Abramowitz, Stegun 7.1.5, 7.1.14). */
    static double erf(double x) {
        double z = Math.abs(x);
        if (Double.isNaN(x) || z > 6) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        return Math.copySign(z < 3 ? erfSeries(z) : 1 - erfcFraction(z), x);
    }

    private static double erfSeries(double z) {
        double term = z;
        double sum = z;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
            term *= 2 * z * z / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum; // all terms positive: no cancellation
    }

    private static double erfcFraction(double z) {
        double fraction = 0;
        for (int n = 60; n >= 1; n--) {
            fraction = n / 2.0 / (z + fraction);
        }
        return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
    }

    static double binary(Op.BinaryFunction function, double a, double b) {
        return switch (function) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
        };
    }

    static boolean compare(Op.Comparison comparison, double a, double b) {
        return switch (comparison) {
            case EQUAL -> a == b;
            case LESS -> a < b;
            case LESS_OR_EQUAL -> a <= b;
        };
    }

    static int index(double value, int extent) {
        if (value < 0 || value >= extent) {
            throw new DeviceException("index %d is outside of a table of %d rows".formatted((long) value, extent));
        }
        return (int) value;
    }

    static void matmul(Op.MatMul op, List<Tensor> operands, List<double[]> values, Shape result, double[] out) {
        Shape a = operands.get(0).shape();
        Shape b = operands.get(1).shape();
        int rows = result.extent(-2);
        int columns = result.extent(-1);
        int inner = a.extent(op.transposeA() ? -2 : -1);
        int batches = (int) result.product(0, result.rank() - 2);
        int aStride = a.rank() == 2 ? 0 : rows * inner;
        int bStride = b.rank() == 2 ? 0 : inner * columns;
        for (int i = 0; i < batches * rows * columns; i++) {
            int batch = i / (rows * columns);
            int m = i / columns % rows;
            int n = i % columns;
            int x = batch * aStride + (op.transposeA() ? m : m * inner);
            int y = batch * bStride + (op.transposeB() ? n * inner : n);
            out[i] = dot(
                    values.get(0),
                    x,
                    op.transposeA() ? rows : 1,
                    values.get(1),
                    y,
                    op.transposeB() ? 1 : columns,
                    inner);
        }
    }

    private static double dot(double[] a, int x, int xStride, double[] b, int y, int yStride, int count) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
            sum += a[x + k * xStride] * b[y + k * yStride];
        }
        return sum;
    }

    static void alongAxis(Shape shape, int axis, double[] in, double[] out, Reduction reduction) {
        int inner = (int) shape.product(axis + 1, shape.rank());
        int count = shape.extent(axis);
        for (int i = 0; i < out.length; i++) {
            out[i] = reduction.of(in, i / inner * inner * count + i % inner, inner, count);
        }
    }

    static double sum(double[] values, int start, int stride, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += values[start + i * stride];
        }
        return sum;
    }

    static double max(double[] values, int start, int stride, int count) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, values[start + i * stride]);
        }
        return max;
    }

    static double argMax(double[] values, int start, int stride, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = values[start + i * stride] > values[start + best * stride] ? i : best;
        }
        return best;
    }

    static void cumulativeSum(Op.CumulativeSum op, Shape shape, double[] in, double[] out) {
        int inner = (int) shape.product(op.axis() + 1, shape.rank());
        int count = shape.extent(op.axis());
        for (int line = 0; line < (count == 0 ? 0 : in.length / count); line++) {
            int start = line / inner * inner * count + line % inner;
            double sum = 0;
            for (int i = 0; i < count; i++) {
                int at = start + (op.reverse() ? count - 1 - i : i) * inner;
                sum += in[at];
                out[at] = sum;
            }
        }
    }

    static void permute(Shape shape, List<Integer> order, double[] in, double[] out) {
        long[] strides = ShapeInference.strides(shape);
        int[] extents = order.stream().mapToInt(shape::extent).toArray();
        for (int i = 0; i < out.length; i++) {
            int rest = i;
            long at = 0;
            for (int axis = extents.length - 1; axis >= 0; axis--) {
                at += rest % extents[axis] * strides[order.get(axis)];
                rest /= extents[axis];
            }
            out[i] = in[(int) at];
        }
    }

    /** Copies a small tensor into the part of a large one that starts at an index of an axis, or that part into it. */
    static void copyAxis(
            Shape small, Shape large, int axis, int start, double[] part, double[] whole, boolean intoWhole) {
        int inner = (int) small.product(axis + 1, small.rank());
        int block = small.extent(axis) * inner;
        int stride = large.extent(axis) * inner;
        for (int o = 0; o < small.product(0, axis); o++) {
            int at = o * stride + start * inner;
            if (intoWhole) {
                System.arraycopy(part, o * block, whole, at, block);
            } else {
                System.arraycopy(whole, at, part, o * block, block);
            }
        }
    }

    /** Returns for each element of a large shape the index of the element of a small one that is broadcast to it. */
    static int[] broadcastIndex(Shape small, Shape large) {
        long[] strides = ShapeInference.broadcastStrides(small, large);
        int[] result = new int[Math.toIntExact(large.size())];
        int inner = large.rank() == 0 ? 1 : large.extent(-1);
        int step = large.rank() == 0 ? 0 : (int) strides[large.rank() - 1];
        for (int i = 0; i < result.length; i += inner) {
            int rest = i / inner;
            long at = 0;
            for (int axis = large.rank() - 2; axis >= 0; axis--) {
                at += rest % large.extent(axis) * strides[axis];
                rest /= large.extent(axis);
            }
            for (int j = 0; j < inner; j++) {
                result[i + j] = (int) at + j * step;
            }
        }
        return result;
    }
}
