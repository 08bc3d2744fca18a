package carve.models.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Decoding, resizing, tiling and normalising equal Pillow, torchvision and the Hugging Face processor bit for bit. */
class PreprocessingTest {
    private static final PreprocessingFixtures FIXTURES = new PreprocessingFixtures();

    @TestFactory
    List<DynamicTest> modesConvertAsPillow() {
        return each(
                "out.u8.rgb.",
                (name, words) -> assertArrayEquals(
                        FIXTURES.bytes(name),
                        PreprocessingFixtures.image(words[3]).samples()));
    }

    @TestFactory
    List<DynamicTest> resizesAsPillow() {
        return each("out.u8.resize.", (name, words) -> {
            String[] extents = words[4].split("x");
            var resized = Resampling.BICUBIC.resize(
                    PreprocessingFixtures.image(words[3]), Integer.parseInt(extents[0]), Integer.parseInt(extents[1]));
            assertArrayEquals(FIXTURES.bytes(name), resized.samples());
        });
    }

    @TestFactory
    List<DynamicTest> tilesAsTheOfficialCode() {
        return each("out.u8.tiles.", (name, words) -> {
            var tiling = new DynamicTiling(28, 1, max(words[4]), true);
            var image = PreprocessingFixtures.image(words[3]);
            var tiles = new ByteArrayOutputStream();
            tiling.tiles(image).forEach(tile -> tiles.writeBytes(tile.samples()));
            assertEquals(FIXTURES.extents(name)[0], tiling.count(image.width(), image.height()));
            assertArrayEquals(FIXTURES.bytes(name), tiles.toByteArray());
        });
    }

    @TestFactory
    List<DynamicTest> pixelValuesEqualLoadImage() {
        return each(
                "out.pix.",
                (name, words) -> assertValues(
                        name, InternVlPreprocessor.of(28, max(words[3])).apply(PreprocessingFixtures.image(words[2]))));
    }

    @TestFactory
    List<DynamicTest> upscaledPixelValuesEqualLoadImage() {
        return each("out.pix_upscale.", (name, words) -> {
            var tiling = new DynamicTiling(28, 1, max(words[3]), true);
            var preprocessor = new InternVlPreprocessor(tiling, Normalization.IMAGENET, true);
            assertValues(name, preprocessor.apply(PreprocessingFixtures.image(words[2])));
        });
    }

    @TestFactory
    List<DynamicTest> trainingTransformsEqualTorchvision() {
        return each("out.train_transform.", (name, words) -> {
            var normalization = words[2].equals("siglip") ? Normalization.HALF : Normalization.IMAGENET;
            var preprocessor = new SquarePreprocessor(28, normalization, words[2].equals("pad2square"));
            assertValues(name, preprocessor.apply(PreprocessingFixtures.image(words[3])));
        });
    }

    @TestFactory
    List<DynamicTest> siglipEqualsTheHuggingFaceProcessor() {
        return each(
                "out.siglip28.",
                (name, words) ->
                        assertValues(name, SquarePreprocessor.siglip(28).apply(PreprocessingFixtures.image(words[2]))));
    }

    @Test
    void siglipAtItsOwnSizeEqualsTheSamples() {
        float[] values = SquarePreprocessor.siglip(384)
                .apply(PreprocessingFixtures.image("a_97x61"))
                .values();
        double[] means = FIXTURES.doubles("out.siglip384.a_97x61.mean");
        float[] samples = FIXTURES.floats("out.siglip384.a_97x61.stride16");
        for (int c = 0, at = 0; c < 3; c++) {
            double sum = 0;
            for (int i = 0; i < 384 * 384; i++) {
                sum += values[c * 384 * 384 + i];
                if (i / 384 % 16 == 0 && i % 16 == 0) {
                    assertEquals(samples[at++], values[c * 384 * 384 + i]);
                }
            }
            assertEquals(means[c], sum / (384 * 384), 1e-6);
        }
    }

    @TestFactory
    List<DynamicTest> paddingEqualsExpandToSquare() {
        return each(
                "out.u8.expand2square.",
                (name, words) -> assertArrayEquals(
                        FIXTURES.bytes(name),
                        PreprocessingFixtures.image(words[3])
                                .padToSquare(123, 116, 103)
                                .samples()));
    }

    private interface Check {
        void check(String name, String[] words);
    }

    private static List<DynamicTest> each(String prefix, Check check) {
        var names = FIXTURES.names(prefix);
        assertFalse(names.isEmpty(), "no tensor starts with " + prefix);
        return names.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> check.check(name, name.split("\\."))))
                .toList();
    }

    private static int max(String word) {
        return Integer.parseInt(word.substring("max".length()));
    }

    private static void assertValues(String name, PixelValues actual) {
        int[] extents = FIXTURES.extents(name);
        assertEquals(extents[extents.length - 1], actual.size());
        assertEquals(extents.length == 3 ? 1 : extents[0], actual.count());
        assertArrayEquals(FIXTURES.floats(name), actual.values());
    }
}
