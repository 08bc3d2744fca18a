package carve.models.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.text.EncodedImage;
import carve.api.text.ImageDecodingException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pictures of all kinds have the samples that Pillow gives them; {@code pillow/make.py} made both. */
final class PillowImagesTest {
    private static final ImageDecoder DECODER = ImageDecoder.standard();

    /** A line of {@code expected.txt}: a file, perhaps with the word upright, its extents and samples. */
    private record Expected(String name, boolean upright, int width, int height, byte[] samples) {
        static Expected of(String line) {
            String[] words = line.split(" ");
            int at = words.length - 3;
            return new Expected(
                    words[0],
                    at == 2,
                    Integer.parseInt(words[at]),
                    Integer.parseInt(words[at + 1]),
                    HexFormat.of().parseHex(words[at + 2]));
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = PillowImagesTest.class.getResourceAsStream("pillow/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<String> lines() {
        return new String(resource("expected.txt"), StandardCharsets.US_ASCII)
                .lines()
                .toList();
    }

    static Stream<String> animationsAndBitmaps() {
        return Stream.of("first_frame.gif", "transparent.gif", "offset.gif", "24_bits.bmp", "8_bits.bmp");
    }

    @ParameterizedTest
    @MethodSource("lines")
    void samplesAreThoseOfPillow(String line) {
        Expected expected = Expected.of(line);
        EncodedImage image = new EncodedImage(expected.name(), resource(expected.name()));
        RgbImage read = DECODER.read(expected.upright() ? image.upright() : image);
        assertEquals(expected.width(), read.width());
        assertEquals(expected.height(), read.height());
        assertArrayEquals(expected.samples(), read.samples());
    }

    @Test
    void interlacedPicturesAreReadWhole() throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(resource("rgba.png")));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam interlaced = writer.getDefaultWriteParam();
            interlaced.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            writer.write(null, new IIOImage(image, null, null), interlaced);
        }
        assertEquals(1, bytes.toByteArray()[28], "the interlace method of the header");
        assertEquals(DECODER.read(resource("rgba.png"), "plain"), DECODER.read(bytes.toByteArray(), "interlaced"));
    }

    @Test
    void brokenOrientationsAreNone() {
        byte[] file = resource("orientation_6.jpg");
        RgbImage stored = DECODER.read(file, "stored");
        RgbImage upright = DECODER.read(new EncodedImage("upright", file).upright());
        int end = new String(file, StandardCharsets.ISO_8859_1).indexOf("Exif") + 32;
        for (int at = 2; at < end; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = file.clone();
                changed[at] ^= (byte) (1 << bit);
                int tag = ExifOrientation.of(changed).tag();
                assertTrue(tag >= 1 && tag <= 8, "byte " + at);
            }
            assertEquals(
                    1, ExifOrientation.of(Arrays.copyOf(file, Math.min(at, 20))).tag());
        }
        assertEquals(stored.width(), upright.height());
        EncodedImage broken = new EncodedImage("broken", resource("orientation_without_end.jpg")).upright();
        assertEquals(DECODER.read(broken.bytes(), "stored"), DECODER.read(broken));
    }

    @ParameterizedTest
    @MethodSource("animationsAndBitmaps")
    void truncatedFilesAreRefused(String name) {
        byte[] file = resource(name);
        int frame = DECODER.read(file, name).height();
        for (int length = 4; length < file.length - 2; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            try {
                assertEquals(frame, DECODER.read(cut, "cut").height());
                assertEquals(DECODER.read(file, name), DECODER.read(cut, "cut"), name + " of " + length + " bytes");
            } catch (ImageDecodingException e) {
                assertTrue(e.getMessage().startsWith("image cut: "), e.getMessage());
            }
        }
    }

    @Test
    void otherFormatsAreNamed() {
        byte[] webp = "RIFF0000WEBPVP8 ".getBytes(StandardCharsets.US_ASCII);
        assertEquals(
                "image a.webp: is WebP, which is not supported; convert it to one of PNG, JPEG, GIF and BMP",
                assertThrows(ImageDecodingException.class, () -> DECODER.read(webp, "a.webp"))
                        .getMessage());
        byte[] heic = "\0\0\0\30ftypheic".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(
                "image a.heic: is HEIC or AVIF, which is not supported; convert it to one of PNG, JPEG, GIF and BMP",
                assertThrows(ImageDecodingException.class, () -> DECODER.read(heic, "a.heic"))
                        .getMessage());
    }
}
