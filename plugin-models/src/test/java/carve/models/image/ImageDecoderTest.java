package carve.models.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.text.ImageDecodingException;
import java.awt.Color;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sound files become RGB, unsound ones become one message that names the file and the reason. */
class ImageDecoderTest {
    private static final ImageDecoder DECODER = ImageDecoder.standard();

    @TempDir
    private Path folder;

    @Test
    void bitsBecomeBlackAndWhite() throws IOException {
        var image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY);
        image.getRaster().setSample(1, 0, 0, 1);
        assertSamples(encode(image, "png"), 0, 0, 0, 255, 255, 255, 0, 0, 0);
    }

    @Test
    void grayIsRepeatedAndNotConverted() throws IOException {
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, 77);
        image.getRaster().setSample(1, 0, 0, 200);
        assertSamples(encode(image, "png"), 77, 77, 77, 200, 200, 200);
    }

    @Test
    void sixteenBitGrayKeepsItsHighByte() throws IOException {
        var image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
        image.getRaster().setSample(0, 0, 0, 0x1234);
        assertSamples(encode(image, "png"), 0x12, 0x12, 0x12);
    }

    @Test
    void alphaOfGrayIsDropped() throws IOException {
        ColorModel colours = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false, ColorModel.TRANSLUCENT, DataBuffer.TYPE_BYTE);
        var image = new BufferedImage(colours, colours.createCompatibleWritableRaster(1, 1), false, null);
        image.getRaster().setPixel(0, 0, new int[] {90, 3});
        assertSamples(encode(image, "png"), 90, 90, 90);
    }

    @Test
    void alphaOfColourIsDroppedNotBlended() throws IOException {
        var image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00102030);
        assertSamples(encode(image, "png"), 0x10, 0x20, 0x30);
    }

    @Test
    void jpegKeepsItsColours() throws IOException {
        var image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        var graphics = image.createGraphics();
        graphics.setColor(new Color(200, 100, 50));
        graphics.fillRect(0, 0, 16, 16);
        graphics.dispose();
        var decoded = DECODER.read(encode(image, "jpeg"), "plain.jpg");
        assertEquals(200, decoded.sample(8, 8, 0), 3);
        assertEquals(100, decoded.sample(8, 8, 1), 3);
        assertEquals(50, decoded.sample(8, 8, 2), 3);
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("nothing.png");
        assertMessage("image " + file + ": no such file", () -> DECODER.read(file));
    }

    @Test
    void aFileOfAnotherKindIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("words.png"), "hello world");
        assertMessage(
                "image " + file + ": is none of PNG, JPEG, GIF and BMP, the file starts with [68 65 6c 6c 6f 20 77 6f]",
                () -> DECODER.read(file));
        assertMessage(
                "image empty.png: is none of PNG, JPEG, GIF and BMP, the file starts with []",
                () -> DECODER.read(new byte[0], "empty.png"));
    }

    @Test
    void aFileThatIsTooLongIsNotRead() throws IOException {
        Path file = Files.write(folder.resolve("long.png"), new byte[11]);
        assertMessage(
                "image " + file + ": 11 bytes are more than the limit of 10",
                () -> new ImageDecoder(10, 10).read(file));
    }

    @Test
    void aDecompressionBombIsRefusedByItsHeader() {
        assertMessage(
                "image bomb.png: 50000 x 50000 pixels are more than the limit of 100000000",
                () -> DECODER.read(header(50_000, 50_000), "bomb.png"));
        assertMessage(
                "image wide.png: 2000000000 x 1 pixels are more than the limit of 100000000",
                () -> DECODER.read(header(2_000_000_000, 1), "wide.png"));
    }

    @Test
    void aTruncatedFileIsRefusedWhereverItEnds() throws IOException {
        byte[] png = Files.readAllBytes(PreprocessingFixtures.folder().resolve("a_97x61.png"));
        byte[] jpeg = encode(noise(), "jpeg");
        for (double share : new double[] {0.01, 0.1, 0.5, 0.9}) {
            assertBroken(Arrays.copyOf(png, Math.max(9, (int) (png.length * share))), "PNG");
            assertBroken(Arrays.copyOf(jpeg, Math.max(4, (int) (jpeg.length * share))), "JPEG");
        }
    }

    @Test
    void damagedBytesNeverEscapeAsAnotherException() throws IOException {
        byte[] png = Files.readAllBytes(PreprocessingFixtures.folder().resolve("e_palette_32x20.png"));
        byte[] jpeg = encode(noise(), "jpeg");
        var random = new java.util.Random(42);
        int refused = 0;
        for (int round = 0; round < 400; round++) {
            byte[] damaged = (round % 2 == 0 ? png : jpeg).clone();
            for (int i = 0; i < 8; i++) {
                damaged[10 + random.nextInt(damaged.length - 10)] = (byte) random.nextInt();
            }
            try {
                DECODER.read(damaged, "damaged");
            } catch (ImageDecodingException e) {
                assertTrue(e.getMessage().startsWith("image damaged: "), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 100, refused + " refused");
    }

    private static BufferedImage noise() {
        var image = new BufferedImage(61, 47, BufferedImage.TYPE_INT_RGB);
        var random = new java.util.Random(42);
        for (int i = 0; i < 61 * 47; i++) {
            image.setRGB(i % 61, i / 61, random.nextInt(1 << 24));
        }
        return image;
    }

    private static byte[] encode(BufferedImage image, String format) throws IOException {
        var bytes = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(image, format, bytes));
        return bytes.toByteArray();
    }

    private static byte[] header(int width, int height) {
        byte[] header = ByteBuffer.allocate(17)
                .put("IHDR".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        var crc = new CRC32();
        crc.update(header);
        return ByteBuffer.allocate(33)
                .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})
                .putInt(13)
                .put(header)
                .putInt((int) crc.getValue())
                .array();
    }

    private static void assertSamples(byte[] file, int... samples) {
        byte[] expected = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            expected[i] = (byte) samples[i];
        }
        assertArrayEquals(expected, DECODER.read(file, "test").samples());
    }

    private static void assertBroken(byte[] file, String kind) {
        var e = assertThrows(ImageDecodingException.class, () -> DECODER.read(file, "cut"));
        assertTrue(e.getMessage().startsWith("image cut: broken " + kind + " data, "), e.getMessage());
    }

    private static void assertMessage(String message, org.junit.jupiter.api.function.Executable action) {
        assertEquals(message, assertThrows(ImageDecodingException.class, action).getMessage());
    }
}
