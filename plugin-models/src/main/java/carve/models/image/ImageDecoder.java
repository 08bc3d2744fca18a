package carve.models.image;

import carve.api.text.EncodedImage;
import carve.api.text.ImageDecodingException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A decoder of PNG, JPEG, GIF and BMP files to 8-bit RGB with the mode conversions of Pillow's {@code Image.convert("RGB")}, see
 * {@link RgbConversion}; embedded colour profiles are ignored. Of an animation the first frame is taken.
 *
 * <p>Orientation tags are ignored for data and evaluations, as the training code of LLaVA and InternVL does, and applied for the
 * pictures of people's requests ({@link EncodedImage#orientation}).
 *
 * <p>Files are untrusted: their length and their number of pixels are compared with the limits before anything is
 * decoded, and every failure is an {@link ImageDecodingException} that names the file.
 *
 * @param maxBytes the longest file that is read
 * @param maxPixels the largest {@code width * height} that is decoded
 */
public record ImageDecoder(long maxBytes, long maxPixels) {
    private static final int ANY = -1;
    private static final ImageDecoder STANDARD = new ImageDecoder(256L << 20, 100_000_000L);
    private static final String SUPPORTED = "PNG, JPEG, GIF and BMP";
    private static final Map<String, int[]> FORMATS = Map.of(
            "png", new int[] {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'},
            "jpeg", new int[] {0xFF, 0xD8, 0xFF},
            "gif", new int[] {'G', 'I', 'F', '8'},
            "bmp", new int[] {'B', 'M'});
    private static final Map<String, int[]> UNSUPPORTED = Map.of(
            "WebP", new int[] {'R', 'I', 'F', 'F'},
            "TIFF", new int[] {'I', 'I', '*', 0},
            "HEIC or AVIF", new int[] {0, 0, 0, ANY, 'f', 't', 'y', 'p'});
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
     * @throws ImageDecodingException if there is no such file, it is not a whole file of a supported format, or it is beyond the limits
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
     * Returns an image of a message, turned as its orientation tag says if that is wanted.
     *
     * @throws ImageDecodingException as {@link #read(Path)}
     */
    public RgbImage read(EncodedImage image) {
        RgbImage decoded = read(image.bytes(), image.name());
        return switch (image.orientation()) {
            case AS_STORED -> decoded;
            case UPRIGHT -> ExifOrientation.of(image.bytes()).apply(decoded);
        };
    }

    /**
     * Returns the image in the bytes of a file, as it is stored.
     *
     * @param name the name of the image in messages
     * @throws ImageDecodingException as {@link #read(Path)}
     */
    public RgbImage read(byte[] bytes, String name) {
        var format = format(bytes, name);
        var reader = ImageIO.getImageReadersByFormatName(format).next();
        Set<String> warnings = new HashSet<>();
        byte[] data = format.equals("jpeg") ? JpegSegments.withoutProfile(bytes) : bytes;
        try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(data))) {
            reader.setInput(input, true, !format.equals("gif"));
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            checkExtents(reader.getWidth(0), reader.getHeight(0), name);
            if (format.equals("gif")) {
                GifCanvas canvas = GifCanvas.of(reader);
                checkExtents(canvas.width(), canvas.height(), name);
                return canvas.paint(reader.read(0));
            }
            var image = reader.read(0);
            checkWhole(warnings, name);
            return RgbConversion.of(image, format.equals("jpeg"));
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
        Optional<String> format = matching(FORMATS, bytes);
        if (format.isPresent()) {
            return format.get();
        }
        throw new ImageDecodingException(matching(UNSUPPORTED, bytes)
                .map(other -> "image %s: is %s, which is not supported; convert it to one of %s"
                        .formatted(name, other, SUPPORTED))
                .orElseGet(() -> "image %s: is none of %s, the file starts with [%s]"
                        .formatted(
                                name,
                                SUPPORTED,
                                HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(8, bytes.length)))));
    }

    private static Optional<String> matching(Map<String, int[]> formats, byte[] bytes) {
        return formats.entrySet().stream()
                .filter(format -> startsWith(bytes, format.getValue()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static boolean startsWith(byte[] bytes, int[] magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || magic[i] != ANY && (bytes[i] & 0xFF) != magic[i]) {
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
}
