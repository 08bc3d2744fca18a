package carve.models.image;

/**
 * The filters of Pillow's {@code Image.resize}, equal to it bit for bit on 8-bit images.
 *
 * <p>Resizing is two one-dimensional passes, across and then down, each rounded to 8 bits. Output sample {@code i} of
 * {@code n} stands at {@code c = (i + 0.5) * s} of the input, {@code s = m / n}; it is the sum of the input samples
 * within {@code support * max(s, 1)} of it, weighted by {@code filter((j + 0.5 - c) / max(s, 1))}, normalised to one.
 * So shrinking widens the filter and does not alias. Weights are held in fixed point with 22 fraction bits, as in
 * Pillow's {@code Resample.c}, and a pass whose extent does not change is left out.
 */
public enum Resampling {
    /** The triangle filter, support 1. */
    BILINEAR(1) {
        @Override
        double weight(double x) {
            double distance = Math.abs(x);
            return distance < 1 ? 1 - distance : 0;
        }
    },
    /** Cubic convolution with a = -0.5 (Keys 1981), support 2: Pillow's default. */
    BICUBIC(2) {
        @Override
        double weight(double x) {
            double distance = Math.abs(x);
            if (distance < 1) {
                return ((CUBIC_A + 2) * distance - (CUBIC_A + 3)) * distance * distance + 1;
            }
            return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * CUBIC_A : 0;
        }
    };

    private static final double CUBIC_A = -0.5;
    // 32 bits less 8 for the sample and 2 for sums outside 0..1, which negative weights make
    private static final int FRACTION_BITS = 22;

    private final double support;

    Resampling(double support) {
        this.support = support;
    }

    abstract double weight(double x);

    /**
     * Returns the image resized to {@code width x height}, whatever its aspect ratio.
     *
     * @throws ImageException if an extent is not positive
     */
    public RgbImage resize(RgbImage image, int width, int height) {
        if (width <= 0 || height <= 0) {
            throw new ImageException("resize: extents must be positive, found %d x %d".formatted(width, height));
        }
        RgbImage across = width == image.width() ? image : resizeHorizontally(image, width);
        return height == image.height() ? across : resizeVertically(across, height);
    }

    private RgbImage resizeHorizontally(RgbImage image, int width) {
        Taps taps = taps(image.width(), width);
        byte[] from = image.raw();
        byte[] to = new byte[width * image.height() * 3];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < width; x++) {
                int source = (y * image.width() + taps.first[x]) * 3;
                convolve(from, source, 3, taps, x, to, (y * width + x) * 3);
            }
        }
        return RgbImage.wrap(width, image.height(), to);
    }

    private RgbImage resizeVertically(RgbImage image, int height) {
        Taps taps = taps(image.height(), height);
        int rowBytes = image.width() * 3;
        byte[] from = image.raw();
        byte[] to = new byte[rowBytes * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < rowBytes; x += 3) {
                convolve(from, taps.first[y] * rowBytes + x, rowBytes, taps, y, to, y * rowBytes + x);
            }
        }
        return RgbImage.wrap(image.width(), height, to);
    }

    private static void convolve(byte[] from, int source, int stride, Taps taps, int index, byte[] to, int target) {
        int red = 1 << FRACTION_BITS - 1;
        int green = red;
        int blue = red;
        int weightAt = index * taps.width;
        for (int k = 0, at = source; k < taps.count[index]; k++, at += stride) {
            int weight = taps.weights[weightAt + k];
            red += (from[at] & 0xFF) * weight;
            green += (from[at + 1] & 0xFF) * weight;
            blue += (from[at + 2] & 0xFF) * weight;
        }
        to[target] = clip(red);
        to[target + 1] = clip(green);
        to[target + 2] = clip(blue);
    }

    private static byte clip(int fixed) {
        return (byte) Math.clamp(fixed >> FRACTION_BITS, 0, 255);
    }

    /**
     * The input samples of output sample i, {@code first[i]} and on, and their weights, {@code weights[i * width + k]}.
     */
    private record Taps(int width, int[] first, int[] count, int[] weights) {}

    private Taps taps(int from, int to) {
        double scale = (double) from / to;
        double stretch = Math.max(scale, 1);
        double reach = support * stretch;
        int width = (int) Math.ceil(reach) * 2 + 1;
        var taps = new Taps(width, new int[to], new int[to], new int[Math.multiplyExact(to, width)]);
        double[] weights = new double[width];
        for (int i = 0; i < to; i++) {
            double center = (i + 0.5) * scale;
            int first = Math.max(0, (int) (center - reach + 0.5));
            int count = Math.min(from, (int) (center + reach + 0.5)) - first;
            normalisedWeights(weights, first, count, center, 1 / stretch);
            taps.first[i] = first;
            taps.count[i] = count;
            for (int k = 0; k < count; k++) {
                taps.weights[i * width + k] = fixed(weights[k]);
            }
        }
        return taps;
    }

    private void normalisedWeights(double[] weights, int first, int count, double center, double inverseStretch) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
            // in this order: the last bit of the sum is Pillow's
            weights[k] = weight((k + first - center + 0.5) * inverseStretch);
            sum += weights[k];
        }
        for (int k = 0; k < count && sum != 0; k++) {
            weights[k] /= sum;
        }
    }

    private static int fixed(double weight) {
        double scaled = weight * (1 << FRACTION_BITS);
        return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
}
