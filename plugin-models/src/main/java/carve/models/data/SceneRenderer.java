package carve.models.data;

import carve.models.image.RgbImage;
import java.util.Arrays;

/** Draws scenes: sixteen samples per pixel, whole numbers in the mixture, so the same bits on every machine. */
final class SceneRenderer {
    private static final int SAMPLES = 4;
    private static final int COLOUR_NOISE = 12;

    private final int pixels;

    SceneRenderer(int pixels) {
        this.pixels = pixels;
    }

    RgbImage render(Scene scene) {
        byte[] samples = new byte[pixels * pixels * 3];
        Arrays.fill(samples, (byte) scene.background());
        var splitMix64 = new SplitMix64(scene.key(), 1);
        for (PlacedShape figure : scene.shapes()) {
            draw(figure, tint(figure.colour(), splitMix64), samples);
        }
        return RgbImage.of(pixels, pixels, samples);
    }

    private static int[] tint(Colour colour, SplitMix64 splitMix64) {
        int[] result = new int[3];
        for (int channel = 0; channel < 3; channel++) {
            result[channel] = Math.clamp(
                    colour.channel(channel) + splitMix64.nextIntBetween(-COLOUR_NOISE, COLOUR_NOISE), 0, 255);
        }
        return result;
    }

    private void draw(PlacedShape figure, int[] tint, byte[] samples) {
        double radius = figure.size() / 2 * pixels;
        double left = figure.x() * pixels - radius;
        double top = figure.y() * pixels - radius;
        int width = (int) Math.ceil(2 * radius) + 1;
        for (int row = (int) top; row < Math.min((int) top + width, pixels); row++) {
            for (int column = (int) left; column < Math.min((int) left + width, pixels); column++) {
                int covered = coverage(figure.kind(), (column - left) / radius - 1, (row - top) / radius - 1, radius);
                for (int channel = 0; channel < 3 && covered > 0; channel++) {
                    mix(samples, (row * pixels + column) * 3 + channel, tint[channel], covered);
                }
            }
        }
    }

    /** Returns how many of a pixel's samples the figure covers; {@code (x, y)} is the pixel's corner in the figure's own square. */
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
