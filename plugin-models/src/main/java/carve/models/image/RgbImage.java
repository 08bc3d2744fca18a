package carve.models.image;

import java.util.Arrays;

/** An image of 8-bit RGB samples, {@code (height, width, 3)} row-major. Immutable outside this package. */
public final class RgbImage {
    private final int width;
    private final int height;
    private final byte[] samples;

    private RgbImage(int width, int height, byte[] samples) {
        this.width = width;
        this.height = height;
        this.samples = samples;
    }

    /**
     * Returns the image of these samples, which are copied.
     *
     * @param samples {@code (height, width, 3)}, unsigned bytes
     * @throws ImageException if an extent is not positive or the number of samples is not {@code height * width * 3}
     */
    public static RgbImage of(int width, int height, byte[] samples) {
        return wrap(width, height, samples.clone());
    }

    /** Returns the image of these samples without copying them; the caller never writes them again. */
    static RgbImage wrap(int width, int height, byte[] samples) {
        if (width <= 0 || height <= 0 || samples.length != (long) width * height * 3) {
            throw new ImageException("image: %d x %d pixels need positive extents and %d samples, found %d"
                    .formatted(width, height, (long) width * height * 3, samples.length));
        }
        return new RgbImage(width, height, samples);
    }

    /** Returns the number of pixels in a row. */
    public int width() {
        return width;
    }

    /** Returns the number of rows. */
    public int height() {
        return height;
    }

    /** Returns a copy of the samples, {@code (height, width, 3)}, unsigned bytes. */
    public byte[] samples() {
        return samples.clone();
    }

    /** Returns the samples themselves, which must not be written. */
    byte[] raw() {
        return samples;
    }

    /** Returns one sample in 0..255; {@code channel} 0 is red, 1 green, 2 blue. */
    public int sample(int x, int y, int channel) {
        return samples[(y * width + x) * 3 + channel] & 0xFF;
    }

    /**
     * Returns the rectangle whose upper left pixel is {@code (x, y)}.
     *
     * @throws ImageException if it is not inside this image
     */
    public RgbImage crop(int x, int y, int cropWidth, int cropHeight) {
        if (x < 0 || y < 0 || x + cropWidth > width || y + cropHeight > height) {
            throw new ImageException("crop: %d x %d at (%d, %d) leaves the image of %d x %d"
                    .formatted(cropWidth, cropHeight, x, y, width, height));
        }
        byte[] result = new byte[cropWidth * cropHeight * 3];
        for (int row = 0; row < cropHeight; row++) {
            System.arraycopy(samples, ((y + row) * width + x) * 3, result, row * cropWidth * 3, cropWidth * 3);
        }
        return wrap(cropWidth, cropHeight, result);
    }

    /**
     * Returns this image centred in the smallest square that contains it, as the official {@code expand2square} does.
     *
     * @param red the background's red, 0..255
     * @param green the background's green
     * @param blue the background's blue
     */
    public RgbImage padToSquare(int red, int green, int blue) {
        if (width == height) {
            return this;
        }
        int side = Math.max(width, height);
        byte[] result = new byte[side * side * 3];
        for (int i = 0; i < result.length; i += 3) {
            result[i] = (byte) red;
            result[i + 1] = (byte) green;
            result[i + 2] = (byte) blue;
        }
        int left = (side - width) / 2;
        int top = (side - height) / 2;
        for (int row = 0; row < height; row++) {
            System.arraycopy(samples, row * width * 3, result, ((top + row) * side + left) * 3, width * 3);
        }
        return wrap(side, side, result);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RgbImage that
                && width == that.width
                && height == that.height
                && Arrays.equals(samples, that.samples);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(samples);
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + " x " + height + "]";
    }
}
