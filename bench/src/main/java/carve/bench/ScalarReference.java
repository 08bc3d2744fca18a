package carve.bench;

/** Products as one would write them, in double precision. */
final class ScalarReference {
    private ScalarReference() {}

    /** Returns a row of {@code a (.., K) x b (K, N)}. */
    static float[] matMulRow(float[] a, int row, float[] b, int k, int n) {
        double[] sums = new double[n];
        for (int i = 0; i < k; i++) {
            double factor = a[row * k + i];
            for (int j = 0; j < n; j++) {
                sums[j] += factor * b[i * n + j];
            }
        }
        return rounded(sums);
    }

    /** Returns {@code w (N, K) x}. */
    static float[] gemv(float[] w, float[] x) {
        double[] sums = new double[w.length / x.length];
        for (int i = 0; i < sums.length; i++) {
            for (int j = 0; j < x.length; j++) {
                sums[i] += (double) w[i * x.length + j] * x[j];
            }
        }
        return rounded(sums);
    }

    private static float[] rounded(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }
}
