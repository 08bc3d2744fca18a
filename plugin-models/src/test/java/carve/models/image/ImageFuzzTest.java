package carve.models.image;

import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A mutated picture is decoded, or refused by a message that names it; it never takes more memory than the limit of pixels. */
final class ImageFuzzTest {
    private static final long MAX_BYTES = 1 << 20;
    private static final long MAX_PIXELS = 1 << 20;
    private static final ImageDecoder DECODER = new ImageDecoder(MAX_BYTES, MAX_PIXELS);

    @TestFactory
    Stream<DynamicTest> everyPictureIsReadOrRefused() throws IOException {
        return Stream.of(
                        new FuzzTarget(
                                "png",
                                pngs(),
                                List.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND", "iCCP", "acTL"),
                                this::read),
                        new FuzzTarget("jpeg", jpegs(), List.of("JFIF", "Exif", "Adobe", "ICC_PROFILE"), this::read),
                        new FuzzTarget("gif", gifs(), List.of("GIF87a", "GIF89a", "NETSCAPE2.0"), this::read),
                        new FuzzTarget("bmp", bmps(), List.of("BM"), this::read))
                .map(target -> DynamicTest.dynamicTest(target.name(), () -> Fuzzer.check(target)));
    }

    private void read(byte[] input) {
        RgbImage image = DECODER.read(input, "picture");
        image.sample(image.width() - 1, image.height() - 1, 2);
    }

    private static List<byte[]> pngs() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        try (var files = Files.list(PreprocessingFixtures.folder())) {
            for (var file : files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .toList()) {
                if (Files.size(file) < 1 << 15) {
                    seeds.add(Files.readAllBytes(file));
                }
            }
        }
        for (int type : new int[] {
            BufferedImage.TYPE_BYTE_BINARY,
            BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_BYTE_INDEXED
        }) {
            seeds.add(encode(type, "png"));
        }
        return seeds;
    }

    private static List<byte[]> jpegs() throws IOException {
        return List.of(encode(BufferedImage.TYPE_INT_RGB, "jpeg"), encode(BufferedImage.TYPE_BYTE_GRAY, "jpeg"));
    }

    private static List<byte[]> gifs() throws IOException {
        return List.of(encode(BufferedImage.TYPE_BYTE_INDEXED, "gif"), encode(BufferedImage.TYPE_BYTE_BINARY, "gif"));
    }

    private static List<byte[]> bmps() throws IOException {
        return List.of(
                encode(BufferedImage.TYPE_INT_RGB, "bmp"),
                encode(BufferedImage.TYPE_BYTE_INDEXED, "bmp"),
                encode(BufferedImage.TYPE_BYTE_BINARY, "bmp"));
    }

    private static byte[] encode(int type, String format) throws IOException {
        BufferedImage image = new BufferedImage(13, 9, type);
        for (int i = 0; i < 13 * 9; i++) {
            image.setRGB(i % 13, i / 13, i * 0x10203);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, format, bytes);
        return bytes.toByteArray();
    }
}
