package carve.app.serve.openai;

import carve.api.text.EncodedImage;
import carve.app.serve.http.ApiException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads pictures from data URIs. What a file's header says of its size is looked at before anything is decoded, so that a small
 * file that is a huge picture costs nothing. Nothing is fetched from anywhere.
 */
final class DataUriDecoder {
    private static final String SCHEME = "data:";
    private static final String ENCODING = ";base64";
    private static final int MAX_PREFIX_LENGTH = 256;
    private static final int MAGIC = 4;
    private static final int MIN_BYTES = 10;
    private static final int GIF_WIDTH = 6; // the screen's, which may be larger than that of a frame

    private DataUriDecoder() {}

    /**
     * Returns the picture of a URI.
     *
     * @throws ApiException if it is none, or larger than the limit
     */
    static EncodedImage decode(String uri, String where, long limit) {
        int comma = uri.indexOf(',');
        if (comma < 0 || comma > MAX_PREFIX_LENGTH || !isImage(uri.substring(0, comma))) {
            throw ApiException.invalidParameter(
                    where, "Invalid '%s': expected a picture as data:image/png;base64,... or image/jpeg.", where);
        }
        byte[] bytes;
        try {
            bytes = Base64.getMimeDecoder().decode(uri.substring(comma + 1));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalidParameter(where, "Invalid '%s': not base64, %s.", where, e.getMessage());
        }
        requireSize(bytes, where, limit);
        return new EncodedImage(where, bytes).upright();
    }

    // data:[image/NAME][;PARAMETER=VALUE]...;base64
    private static boolean isImage(String prefix) {
        String lower = prefix.toLowerCase(Locale.ROOT);
        if (!lower.startsWith(SCHEME) || !lower.endsWith(ENCODING)) {
            return false;
        }
        String type = lower.substring(SCHEME.length(), lower.indexOf(';'));
        return type.isEmpty() || type.startsWith("image/");
    }

    private static void requireSize(byte[] bytes, String where, long limit) {
        String format = format(bytes);
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        if (format.isEmpty() || !readers.hasNext()) {
            throw ApiException.invalidParameter(
                    where, "Invalid '%s': the file is none of PNG, JPEG, GIF and BMP.", where);
        }
        ImageReader reader = readers.next();
        try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(input, true, true);
            boolean gif = format.equals("gif");
            long width = Math.max(reader.getWidth(0), gif ? word(bytes, GIF_WIDTH) : 0);
            long height = Math.max(reader.getHeight(0), gif ? word(bytes, GIF_WIDTH + 2) : 0);
            if (width * height > limit) {
                throw ApiException.invalidParameter(
                        where,
                        "Invalid '%s': %d x %d pixels are more than the limit of %d.",
                        where,
                        width,
                        height,
                        limit);
            }
        } catch (ApiException e) {
            throw e;
        } catch (IOException
                | RuntimeException e) { // the decoders of the JDK answer some broken files with any exception
            throw ApiException.invalidParameter(where, "Invalid '%s': the picture's header is broken.", where);
        } finally {
            reader.dispose();
        }
    }

    private static int word(byte[] bytes, int at) {
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
    }

    private static String format(byte[] bytes) {
        if (bytes.length < MIN_BYTES) {
            return "";
        }
        String magic = new String(bytes, 0, MAGIC, StandardCharsets.ISO_8859_1);
        if (magic.equals("\u0089PNG")) {
            return "png";
        }
        if (magic.startsWith("\u00ff\u00d8")) {
            return "jpeg";
        }
        if (magic.equals("GIF8")) {
            return "gif";
        }
        return magic.startsWith("BM") ? "bmp" : "";
    }
}
