package carve.models.decoder.gguf;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import carve.models.decoder.DecoderFamily;
import carve.models.mamba2.Mamba2Family;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * GGUF files that llama.cpp's programs wrote have the logits that their weights have in float64.
 */
abstract class GgufModelContract {
    private static final double LIMIT = 2e-5;

    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    private static Path models() {
        return Fixture.folder().resolve("gguf/models");
    }

    private interface Check {
        void of(LoadedModel model, Fixture io, String type);
    }

    private Stream<DynamicTest> each(Check check) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(models())) {
            files = all.filter(file -> file.toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        }
        assertFalse(files.isEmpty(), models().toString());
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(models().relativize(file).toString(), () -> open(file, check)));
    }

    private void open(Path file, Check check) {
        String kind = file.getParent().getFileName().toString();
        String type = file.getFileName().toString().replace(".gguf", "");
        try (Device device = open();
                Fixture io = Fixture.open("gguf/models/" + kind + "/io");
                ModelFolder folder = ModelFolder.open(
                        file,
                        List.of(new DecoderFamily(), new Mamba2Family()),
                        OfficialMixers.attentionAnd(new PlainMamba2Provider()));
                LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
            check.of(model, io, type);
        }
    }

    private static List<String> cases(Fixture io, String type) {
        String prefix = "out." + type + ".";
        List<String> cases = io.names().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length(), name.length() - ".logits".length()))
                .toList();
        assertFalse(cases.isEmpty(), prefix);
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> logitsAgree() throws IOException {
        return each((model, io, type) -> {
            for (String one : cases(io, type)) {
                Shape inputs = io.shape("in." + one + ".input_ids");
                float[] found = model.model()
                        .forward(
                                model.params(),
                                new ModelInputs(
                                        io.ints("in." + one + ".input_ids"),
                                        SequenceLayout.unpadded(inputs.extent(0), inputs.extent(1)),
                                        Map.of()),
                                ActivationRecorder.NONE)
                        .floats();
                requireClose(io, type, one, inputs.extent(0), inputs.extent(1), found);
            }
        });
    }

    /** Token by token, which devices compute in another way than whole prompts. */
    @TestFactory
    Stream<DynamicTest> logitsOfStepsAgree() throws IOException {
        return each((model, io, type) -> {
            for (String one : cases(io, type)) {
                int length = io.shape("in." + one + ".input_ids").extent(1);
                float[] found = steps(model, io.ints("in." + one + ".input_ids"), length);
                requireClose(io, type, one, 1, length, found);
            }
        });
    }

    // of the first row
    private static float[] steps(LoadedModel model, int[] ids, int length) {
        try (ModelState state = model.model().newState(model.device(), 1, length)) {
            float[] all = {};
            for (int t = 0; t < length; t++) {
                float[] next = model.model()
                        .advance(model.params(), ModelInputs.text(ids[t]), state)
                        .floats();
                all = Arrays.copyOf(all, all.length + next.length);
                System.arraycopy(next, 0, all, all.length - next.length, next.length);
            }
            return all;
        }
    }

    // of the last positions, the root of the mean square of the differences over that of the values
    private static void requireClose(Fixture io, String type, String one, int rows, int length, float[] found) {
        String name = "out." + type + "." + one + ".logits";
        double[] expected = io.reference(name);
        int vocabulary = io.shape(name).extent(2);
        int kept = io.shape(name).extent(1) * vocabulary;
        int all = length * vocabulary;
        double differences = 0;
        double values = 0;
        for (int i = 0; i < rows * kept; i++) {
            double difference = found[i / kept * all + all - kept + i % kept] - expected[i];
            differences += difference * difference;
            values += expected[i] * expected[i];
        }
        double error = Math.sqrt(differences / values);
        assertTrue(error <= LIMIT, "%s: %s, limit %s".formatted(one, error, LIMIT));
    }
}
