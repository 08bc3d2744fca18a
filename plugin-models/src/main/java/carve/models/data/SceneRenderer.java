package carve.models.data;

import carve.models.image.RgbImage;
import java.util.Arrays;

/** The renderer of scenes: sixteen samples per pixel, mixed in integers, so the same bits on every machine. */
final class SceneRenderer {
    private static final int SAMPLES = 4;
    private static final int COLOUR_NOISE = 12;

    private final int size;

    SceneRenderer(int size) {
        this.size = size;
    }

    RgbImage render(Scene scene) {
        byte[] samples = new byte[size * size * 3];
        Arrays.fill(samples, (byte) scene.background());
        var random = new SplitMix64(scene.key(), 1);
        for (PlacedShape shape : scene.shapes()) {
            draw(shape, tint(shape.colour(), random), samples);
        }
        return RgbImage.of(size, size, samples);
    }

    private static int[] tint(Colour colour, SplitMix64 random) {
        int[] result = new int[3];
        for (int channel = 0; channel < 3; channel++) {
            result[channel] =
                    Math.clamp(colour.channel(channel) + random.nextIntBetween(-COLOUR_NOISE, COLOUR_NOISE), 0, 255);
        }
        return result;
    }

    private void draw(PlacedShape shape, int[] tint, byte[] samples) {
        double radius = shape.size() / 2 * size;
        double left = shape.x() * size - radius;
        double top = shape.y() * size - radius;
        int width = (int) Math.ceil(2 * radius) + 1;
        for (int row = (int) top; row < Math.min((int) top + width, size); row++) {
            for (int column = (int) left; column < Math.min((int) left + width, size); column++) {
                int covered = coverage(shape.kind(), (column - left) / radius - 1, (row - top) / radius - 1, radius);
                for (int channel = 0; channel < 3 && covered > 0; channel++) {
                    mix(samples, (row * size + column) * 3 + channel, tint[channel], covered);
                }
            }
        }
    }

    /**
     * Returns the number of a pixel's samples that the shape covers; {@code (x, y)} is the pixel's corner in the
     * shape's square.
     */
    private static int coverage(ShapeKind shapeKind, double x, double y, double radius) {
        int covered = 0;
        for (int i = 0; i < SAMPLES; i++) {
            for (int j = 0; j < SAMPLES; j++) {
                covered += shapeKind.covers(x + (j + 0.5) / SAMPLES / radius, y + (i + 0.5) / SAMPLES / radius) ? 1 : 0;
            }
        }
        return covered;
    }

    private static void mix(byte[] samples, int at, int value, int covered) {
        int all = SAMPLES * SAMPLES;
        samples[at] = (byte) (((samples[at] & 0xFF) * (all - covered) + value * covered + all / 2) / all);
    }
}
