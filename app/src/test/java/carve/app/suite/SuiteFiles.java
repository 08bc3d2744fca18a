package carve.app.suite;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.imageio.ImageIO;

/** Makes small files of suites, and answers to their questions. */
final class SuiteFiles {
    private SuiteFiles() {}

    /** Returns a picture of one colour, as PNG. */
    static byte[] png(int colour) throws IOException {
        BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 256; i++) {
            image.setRGB(i % 16, i / 16, colour);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    static String base64(int colour) throws IOException {
        return Base64.getEncoder().encodeToString(png(colour));
    }

    /** Writes a file, with its folders. */
    static Path write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** Writes pictures, with their folders. */
    static void pictures(Path folder, String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, png(name.hashCode()));
        }
    }

    static Source source(Path data) {
        return new Source(data, Optional.empty(), "");
    }

    /** Answers each question by its id. */
    static List<Answered> answers(List<Item> items, Function<String, String> byId) {
        return items.stream()
                .map(item -> new Answered(item, byId.apply(item.id())))
                .toList();
    }
}
