package carve.models.hovle;

/** Bicubic resizing of square grids as a matrix, as PyTorch's {@code interpolate(mode='bicubic', align_corners=False)}. */
final class BicubicInterpolation {
    private static final double A = -0.75;

    private BicubicInterpolation() {}

    /** Returns the weights {@code (to^2, from^2)}, row-major, of a grid resized from one side to another. */
    static float[] weights(int from, int to) {
        double[][] line = line(from, to);
        float[] weights = new float[to * to * from * from];
        int at = 0;
        for (int y = 0; y < to; y++) {
            for (int x = 0; x < to; x++) {
                for (int v = 0; v < from; v++) {
                    for (int u = 0; u < from; u++) {
                        weights[at++] = (float) (line[y][v] * line[x][u]);
                    }
                }
            }
        }
        return weights;
    }

    // the four neighbours of each sample; beyond the border, the border's value
    private static double[][] line(int from, int to) {
        double[][] weights = new double[to][from];
        for (int i = 0; i < to; i++) {
            double place = (i + 0.5) * from / to - 0.5;
            int floor = (int) Math.floor(place);
            for (int tap = -1; tap <= 2; tap++) {
                int index = Math.clamp(floor + tap, 0, from - 1);
                weights[i][index] += cubic(Math.abs(place - (floor + tap)));
            }
        }
        return weights;
    }

    private static double cubic(double d) {
        if (d <= 1) {
            return ((A + 2) * d - (A + 3)) * d * d + 1;
        }
        return d < 2 ? ((A * d - 5 * A) * d + 8 * A) * d - 4 * A : 0;
    }
}
