package carve.models.mamba2;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import java.util.Arrays;

/**
 * Mamba-2 written down a second time, position by position in double precision, from the official names of its tensors: what
 * the family computes is compared with it. One group of B and C, or several; the norm in parts.
 *
 * @param tensors the checkpoint
 * @param tokens the name of the token table
 * @param shape the extents of its mixers
 * @param hidden D
 * @param layers how many
 */
record ReferenceMamba2(TensorSource tensors, String tokens, Mamba2Dims shape, int hidden, int layers) {
    private static final double EPSILON = 1e-5;

    private double[] values(String name) {
        return DTypeConversion.doubles(tensors.type(name).dtype(), tensors.data(name));
    }

    /** Returns the logits (T, V) of tokens. */
    double[][] logits(int... ids) {
        double[] table = values(tokens);
        double[][] x = new double[ids.length][];
        for (int t = 0; t < ids.length; t++) {
            x[t] = Arrays.copyOfRange(table, ids[t] * hidden, (ids[t] + 1) * hidden);
        }
        for (int layer = 0; layer < layers; layer++) {
            add(x, mixer("backbone.layers." + layer + ".", x));
        }
        double[] weight = values("backbone.norm_f.weight");
        double[][] logits = new double[ids.length][];
        for (int t = 0; t < ids.length; t++) {
            logits[t] = product(table, norm(x[t], weight, 1));
        }
        return logits;
    }

    private static void add(double[][] x, double[][] y) {
        for (int t = 0; t < x.length; t++) {
            for (int d = 0; d < x[t].length; d++) {
                x[t][d] += y[t][d];
            }
        }
    }

    private double[][] mixer(String prefix, double[][] u) {
        int inner = shape.inner();
        int channels = inner + 2 * shape.groups() * shape.stateSize();
        double[] norm = values(prefix + "norm.weight");
        double[] in = values(prefix + "mixer.in_proj.weight");
        double[] out = values(prefix + "mixer.out_proj.weight");
        double[] gated = values(prefix + "mixer.norm.weight");
        double[][] projected = new double[u.length][];
        double[][] state = new double[inner][shape.stateSize()];
        double[][] y = new double[u.length][];
        for (int t = 0; t < u.length; t++) {
            projected[t] = product(in, norm(u[t], norm, 1));
            double[] row = scan(prefix, convolved(prefix, projected, t, channels), projected[t], state);
            for (int i = 0; i < inner; i++) {
                row[i] *= silu(projected[t][i]);
            }
            y[t] = product(out, norm(row, gated, shape.groups()));
        }
        return y;
    }

    private double[] convolved(String prefix, double[][] projected, int t, int channels) {
        double[] weight = values(prefix + "mixer.conv1d.weight");
        double[] sum = values(prefix + "mixer.conv1d.bias");
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < shape.convWidth(); i++) {
                int from = t - shape.convWidth() + 1 + i;
                sum[c] += from < 0 ? 0 : weight[c * shape.convWidth() + i] * projected[from][shape.inner() + c];
            }
            sum[c] = silu(sum[c]);
        }
        return sum;
    }

    private double[] scan(String prefix, double[] mixed, double[] projected, double[][] state) {
        int inner = shape.inner();
        int n = shape.stateSize();
        double[] bias = values(prefix + "mixer.dt_bias");
        double[] rate = values(prefix + "mixer.A_log");
        double[] skip = values(prefix + "mixer.D");
        double[] y = new double[inner];
        for (int i = 0; i < inner; i++) {
            int head = i / shape.headWidth();
            int b = inner + head / (shape.heads() / shape.groups()) * n;
            int c = b + shape.groups() * n;
            double step = Math.log1p(Math.exp(projected[projected.length - shape.heads() + head] + bias[head]));
            y[i] = skip[head] * mixed[i];
            for (int j = 0; j < n; j++) {
                state[i][j] = Math.exp(-Math.exp(rate[head]) * step) * state[i][j] + step * mixed[i] * mixed[b + j];
                y[i] += state[i][j] * mixed[c + j];
            }
        }
        return y;
    }

    private static double[] norm(double[] x, double[] weight, int parts) {
        double[] y = new double[x.length];
        int width = x.length / parts;
        for (int i = 0; i < x.length; i++) {
            double squares = 0;
            for (int j = i / width * width; j < i / width * width + width; j++) {
                squares += x[j] * x[j];
            }
            y[i] = x[i] / Math.sqrt(squares / width + EPSILON) * weight[i];
        }
        return y;
    }

    private static double[] product(double[] matrix, double[] x) {
        double[] y = new double[matrix.length / x.length];
        for (int i = 0; i < matrix.length; i++) {
            y[i / x.length] += matrix[i] * x[i % x.length];
        }
        return y;
    }

    private static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }
}
