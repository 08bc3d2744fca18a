package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.mamba2.PlainMamba2Provider;
import carve.models.KnownModels;
import carve.models.OfficialMixers;
import carve.models.mamba2.Mamba2Family;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Decoders and Mamba-2 as Transformers 4 and 5 save them agree with its values in float64. */
abstract class TransformersModelContract {
    private static final double FLOOR = 2e-5;
    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    static Path families() {
        return Fixture.folder().resolve("families");
    }

    private interface Check {
        void of(String name, LoadedModel model, Fixture io);
    }

    /** Returns the names of the folders, with each of the two forms of a configuration that is there. */
    static Stream<String> folders() {
        List<String> present = KnownModels.table().all().stream()
                .flatMap(kind -> kind.folders().stream())
                .flatMap(name -> Stream.of(name, name + "_v4"))
                .filter(name -> Files.exists(families().resolve(name)))
                .toList();
        assertFalse(present.isEmpty(), families().toString());
        return present.stream();
    }

    /** Opens the model of a folder. */
    static ModelFolder open(Path folder) {
        return ModelFolder.open(
                folder,
                List.of(new DecoderFamily(), new Mamba2Family()),
                OfficialMixers.bothAttentionsAnd(new PlainMamba2Provider()));
    }

    /** Returns the inputs of a case. */
    static ModelInputs inputs(Fixture io, String name) {
        return new ModelInputs(io.ints("in." + name + ".input_ids"), layout(io, name), Map.of());
    }

    private Stream<DynamicTest> each(Check check) {
        return folders()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    try (Device device = open();
                            Fixture io = Fixture.open("families/" + name + "/io");
                            ModelFolder folder = open(families().resolve(name));
                            LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
                        check.of(name, model, io);
                    }
                }));
    }

    private static List<String> cases(Fixture io) {
        return io.names().stream()
                .filter(name -> name.startsWith("in.") && name.endsWith(".input_ids"))
                .map(name -> name.substring("in.".length(), name.length() - ".input_ids".length()))
                .sorted()
                .toList();
    }

    private static SequenceLayout layout(Fixture io, String name) {
        Shape shape = io.shape("in." + name + ".input_ids");
        if (!io.names().contains("in." + name + ".attention_mask")) {
            return SequenceLayout.unpadded(shape.extent(0), shape.extent(1));
        }
        int[] mask = io.ints("in." + name + ".attention_mask");
        int positions = shape.extent(1);
        int[] lengths = IntStream.range(0, shape.extent(0))
                .map(row -> Arrays.stream(mask, row * positions, (row + 1) * positions)
                        .sum())
                .toArray();
        return SequenceLayout.padded(positions, lengths);
    }

    @TestFactory
    Stream<DynamicTest> logitsAgree() {
        return each((name, model, io) -> cases(io).forEach(one -> {
            SequenceLayout layout = layout(io, one);
            Tensor logits = model.model().forward(model.params(), inputs(io, one), ActivationRecorder.NONE);
            double error = error(layout, logits.floats(), io.reference("out." + one + ".logits"));
            double limit = Math.max(FLOOR, 10 * torchError(name, one));
            assertTrue(error <= limit, "%s: %s, limit %s".formatted(one, error, limit));
        }));
    }

    private static double torchError(String name, String one) {
        return Json.readObject(families().resolve("f32_vs_f64.json"))
                .object(name.replaceFirst("_v4$", ""))
                .object("f32_vs_f64_rms_rel")
                .real(one);
    }

    // the root of the mean square of the differences, over that of the values, of positions that are not padding
    private static double error(SequenceLayout layout, float[] found, double[] expected) {
        int vocabulary = expected.length / layout.batch() / layout.positions();
        double differences = 0;
        double values = 0;
        for (int row = 0; row < layout.batch(); row++) {
            int from = row * layout.positions() * vocabulary;
            for (int i = from; i < from + length(layout, row) * vocabulary; i++) {
                differences += (found[i] - expected[i]) * (found[i] - expected[i]);
                values += expected[i] * expected[i];
            }
        }
        return Math.sqrt(differences / values);
    }

    private static int length(SequenceLayout layout, int row) {
        return layout.isPadded() ? layout.lengths().get(row) : layout.positions();
    }

    @TestFactory
    Stream<DynamicTest> greedyTokensAgree() {
        return each((name, model, io) -> cases(io).stream()
                .filter(one -> io.names().contains("out." + one + ".greedy_tokens"))
                .forEach(one -> greedy(model, io, one)));
    }

    private static void greedy(LoadedModel model, Fixture io, String one) {
        int rows = io.shape("in." + one + ".input_ids").extent(0);
        int[] prompts = io.ints("in." + one + ".input_ids");
        double[] expected = io.reference(tokens(io, one));
        for (int row = 0; row < rows; row++) {
            int length = prompts.length / rows;
            int count = expected.length / rows;
            int[] prompt = Arrays.copyOfRange(prompts, row * length, (row + 1) * length);
            int[] wanted = Arrays.stream(expected, row * count, (row + 1) * count)
                    .mapToInt(token -> (int) token)
                    .toArray();
            assertArrayEquals(wanted, generate(model, prompt, count), one + ", row " + row);
        }
    }

    // with dynamic scaling, keys that are cached keep the frequencies that they were made with
    private static String tokens(Fixture io, String one) {
        String cached = "out." + one + ".greedy_tokens_cached";
        return io.referenceNames().contains(cached) ? cached : "out." + one + ".greedy_tokens";
    }

    private static int[] generate(LoadedModel model, int[] prompt, int count) {
        int[] tokens = new int[count];
        try (ModelState state = model.model().newState(model.device(), 1, prompt.length + count)) {
            Tensor next = model.model()
                    .advance(
                            model.params(),
                            new ModelInputs(prompt, SequenceLayout.unpadded(1, prompt.length), Map.of()),
                            state);
            for (int i = 0; i < count; i++) {
                tokens[i] = best(next.floats());
                next = model.model().advance(model.params(), ModelInputs.text(tokens[i]), state);
            }
        }
        return tokens;
    }

    private static int best(float[] logits) {
        return IntStream.range(0, logits.length)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }
}
