package carve.models.image;

import carve.api.text.ImageDecodingException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A decoder of PNG and JPEG files to 8-bit RGB with the mode conversions of Pillow's {@code Image.convert("RGB")}:
 * palettes are looked up, gray is repeated, alpha and transparency are dropped (not blended), embedded colour profiles
 * and orientation tags are ignored. Where Pillow 9.4 clips 16-bit gray to white, the high byte is taken instead, as
 * both do for 16-bit RGB.
 *
 * <p>Files are untrusted: their length and their number of pixels are compared with the limits before anything is
 * decoded, and every failure is an {@link ImageDecodingException} that names the file.
 *
 * @param maxBytes the longest file that is read
 * @param maxPixels the largest {@code width * height} that is decoded
 */
public record ImageDecoder(long maxBytes, long maxPixels) {
    private static final ImageDecoder STANDARD = new ImageDecoder(256L << 20, 100_000_000L);
    private static final int[] PNG = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int[] JPEG = {0xFF, 0xD8, 0xFF};
    private static final int MAX_SIDE = 1 << 20;

    /** Checks the limits. */
    public ImageDecoder {
        if (maxBytes <= 0 || maxPixels <= 0 || maxPixels > Integer.MAX_VALUE / 4) {
            throw new ImageException(
                    "image decoder: limits must be positive and max-pixels at most %d, found max-bytes %d and max-pixels %d"
                            .formatted(Integer.MAX_VALUE / 4, maxBytes, maxPixels));
        }
    }

    /** Returns the decoder for files of up to 256 MiB and 100 million pixels. */
    public static ImageDecoder standard() {
        return STANDARD;
    }

    /**
     * Returns the image in the file.
     *
     * @throws ImageDecodingException if there is no such file, it is not a whole PNG or JPEG, or it is beyond the limits
     */
    public RgbImage read(Path file) {
        try {
            long size = Files.size(file);
            if (size > maxBytes) {
                throw new ImageDecodingException(
                        "image %s: %d bytes are more than the limit of %d".formatted(file, size, maxBytes));
            }
            return read(Files.readAllBytes(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new ImageDecodingException("image %s: no such file".formatted(file), e);
        } catch (IOException e) {
            throw new ImageDecodingException("image %s: cannot be read, %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Returns the image in the bytes of a file.
     *
     * @param name the name of the image in messages
     * @throws ImageDecodingException as {@link #read(Path)}
     */
    public RgbImage read(byte[] bytes, String name) {
        var format = format(bytes, name);
        var reader = ImageIO.getImageReadersByFormatName(format).next();
        Set<String> warnings = new HashSet<>();
        try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(input, true, true);
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            checkExtents(reader.getWidth(0), reader.getHeight(0), name);
            var image = reader.read(0);
            checkWhole(warnings, name);
            return toRgb(image);
        } catch (ImageDecodingException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // for some broken files the decoders of the JDK throw IndexOutOfBounds- or IllegalArgumentException
            throw new ImageDecodingException(
                    "image %s: broken %s data, %s".formatted(name, format.toUpperCase(Locale.ROOT), reason(e)), e);
        } finally {
            reader.dispose();
        }
    }

    private static String format(byte[] bytes, String name) {
        if (startsWith(bytes, PNG)) {
            return "png";
        }
        if (startsWith(bytes, JPEG)) {
            return "jpeg";
        }
        throw new ImageDecodingException("image %s: neither PNG nor JPEG, the file starts with [%s]"
                .formatted(name, HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(8, bytes.length))));
    }

    private static boolean startsWith(byte[] bytes, int[] magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xFF) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private void checkExtents(int width, int height, String name) {
        if (width > MAX_SIDE || height > MAX_SIDE || (long) width * height > maxPixels) {
            throw new ImageDecodingException(
                    "image %s: %d x %d pixels are more than the limit of %d".formatted(name, width, height, maxPixels));
        }
    }

    /** Refuses truncated files: the JDK fills what a truncated JPEG lacks with gray and only warns. */
    private static void checkWhole(Set<String> warnings, String name) {
        if (warnings.stream().anyMatch(warning -> warning.startsWith("Truncated File"))) {
            throw new ImageDecodingException("image %s: broken JPEG data, the file ends early".formatted(name));
        }
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** Reads raw samples: {@code getRGB} would convert gray and profiled colours to sRGB, which Pillow does not. */
    private static RgbImage toRgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        Raster raster = image.getRaster();
        ColorModel colours = image.getColorModel();
        byte[] result = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width * raster.getNumBands()];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            convertRow(row, raster.getNumBands(), colours, result, y * width * 3);
        }
        return RgbImage.wrap(width, height, result);
    }

    private static void convertRow(int[] row, int bands, ColorModel colours, byte[] result, int offset) {
        int pixels = row.length / bands;
        for (int x = 0, to = offset; x < pixels; x++, to += 3) {
            int first = row[x * bands];
            if (colours instanceof IndexColorModel palette) {
                result[to] = (byte) palette.getRed(first);
                result[to + 1] = (byte) palette.getGreen(first);
                result[to + 2] = (byte) palette.getBlue(first);
            } else {
                int shift = colours.getComponentSize(0) - 8;
                int step = bands < 3 ? 0 : 1;
                result[to] = (byte) (first >> shift);
                result[to + 1] = (byte) (row[x * bands + step] >> shift);
                result[to + 2] = (byte) (row[x * bands + 2 * step] >> shift);
            }
        }
    }
}
