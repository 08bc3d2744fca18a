package carve.models.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Pillow's {@code Image.convert("RGB")}: palettes are looked up, gray is repeated, alpha and transparency are dropped (not blended),
 * the inks of CMYK become light by {@code (255 - ink) * (255 - black) / 255}. Where Pillow clips 16-bit gray to white, the high
 * byte is taken instead, as both do for 16-bit RGB.
 */
final class RgbConversion {
    private static final int MAX = 255;
    private static final int INKS = 4;

    private RgbConversion() {}

    /**
     * Returns an image as RGB. Raw samples are read: {@code getRGB} would convert gray and profiled colours to sRGB, which Pillow
     * does not.
     *
     * @param jpeg whether four samples of a pixel are inks, as they are in JPEG, rather than colours with alpha
     */
    static RgbImage of(BufferedImage image, boolean jpeg) {
        int width = image.getWidth();
        int height = image.getHeight();
        Raster raster = image.getRaster();
        int bands = raster.getNumBands();
        byte[] result = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width * bands];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            int offset = y * width * 3;
            if (jpeg && bands == INKS) {
                convertInks(row, result, offset);
            } else if (image.getColorModel() instanceof IndexColorModel palette) {
                lookUp(row, palette, result, offset);
            } else {
                convertColours(row, bands, image.getColorModel(), result, offset);
            }
        }
        return RgbImage.wrap(width, height, result);
    }

    private static void lookUp(int[] row, IndexColorModel palette, byte[] result, int offset) {
        for (int x = 0, to = offset; x < row.length; x++, to += 3) {
            result[to] = (byte) palette.getRed(row[x]);
            result[to + 1] = (byte) palette.getGreen(row[x]);
            result[to + 2] = (byte) palette.getBlue(row[x]);
        }
    }

    private static void convertColours(int[] row, int bands, ColorModel colours, byte[] result, int offset) {
        int shift = colours.getComponentSize(0) - 8;
        int step = bands < 3 ? 0 : 1;
        for (int from = 0, to = offset; from < row.length; from += bands, to += 3) {
            result[to] = (byte) (row[from] >> shift);
            result[to + 1] = (byte) (row[from + step] >> shift);
            result[to + 2] = (byte) (row[from + 2 * step] >> shift);
        }
    }

    private static void convertInks(int[] row, byte[] result, int offset) {
        for (int from = 0, to = offset; from < row.length; from += INKS, to += 3) {
            int light = MAX - row[from + 3];
            for (int c = 0; c < 3; c++) {
                result[to + c] = (byte) Math.max(0, light - divideBy255(row[from + c] * light));
            }
        }
    }

    // Pillow's MULDIV255, which rounds to the nearest
    private static int divideBy255(int product) {
        int rounded = product + 128;
        return ((rounded >> 8) + rounded) >> 8;
    }
}
