package carve.app.acceptance;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with what a user gives is told in one message, and nothing is written. */
final class BadInputTest {
    private static final String NORM = "embedding_model.encoder.0.ffn_norm.weight";

    @TempDir
    private Path folder;

    private final Program carve = new Program();
    private Path weights;
    private byte[] file;

    @BeforeEach
    void copyAModel() throws IOException {
        Path model = Program.FIXTURES.resolve("hovle_tiny");
        Files.copy(model.resolve("config.json"), folder.resolve("config.json"));
        weights = folder.resolve("model.safetensors");
        file = Files.readAllBytes(model.resolve("model.safetensors"));
    }

    private int headerLength() {
        return (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    // the header may become shorter, and is padded as it was
    private void editHeader(String... pairs) throws IOException {
        String header = new String(file, 8, headerLength(), StandardCharsets.UTF_8);
        for (int i = 0; i < pairs.length; i += 2) {
            header = header.replaceFirst(pairs[i], pairs[i + 1]);
        }
        byte[] text = header.stripTrailing().getBytes(StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(file, 8 + headerLength(), file.length);
        ByteBuffer edited = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        edited.putLong(text.length).put(text).put(data);
        Files.write(weights, edited.array());
    }

    // both commands open a model alike, and a conversion leaves nothing behind
    private void refused(String problem) {
        carve.badModel(problem, folder.toString());
        Path student = folder.resolve("student");
        carve.bad(problem, "convert", folder.toString(), "--plan", "linear", "--out", student.toString());
        assertFalse(Files.exists(student));
    }

    @Test
    void truncatedFilesAreRefused() throws IOException {
        Files.write(weights, Arrays.copyOf(file, file.length - 100));
        refused(weights + ": the header wants 963840 bytes of values and 963740 follow it; tensor"
                + " 'language_model.output.weight' is the first one cut off, is the file truncated?");
    }

    @Test
    void overlappingTensorsAreRefused() throws IOException {
        editHeader("\\[123136, ?123392\\]", "[123132,123388]");
        refused(weights + ": 2 problems:\n  bytes 123388 to 123392 of the values belong to no tensor\n"
                + "  tensors 'embedding_model.encoder.0.feed_forward.w3.weight' and '" + NORM
                + "' overlap: one ends at 123136, the other begins at 123132");
    }

    @Test
    void oversizedHeadersAreRefused() throws IOException {
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 40);
        Files.write(weights, file);
        refused(weights
                + ": the header's length is 1099511627776 bytes, the limit is 100000000; is this a safetensors file?");
    }

    @Test
    void unknownTypesAreRefused() throws IOException {
        editHeader("(\"" + NORM + "\": ?\\{\"dtype\": ?)\"F32\"", "$1\"F31\"");
        refused(weights + ": tensor '" + NORM
                + "': no dtype 'F31'; there are BF16, BOOL, F8_E4M3, F8_E5M2, F16, F32, F64, I8, I16, I32, I64, U8"
                + " (did you mean 'F32'?)");
    }

    @Test
    void wholeNumbersAreNoWeights() throws IOException {
        editHeader("(\"" + NORM + "\": ?\\{\"dtype\": ?)\"F32\"", "$1\"I32\"");
        refused(folder + ": dtype mismatch: layers.0.mlp_norm.weight (" + NORM
                + " in the checkpoint) is I32, expected floating-point numbers");
    }

    @Test
    void missingUnexpectedAndMisshapenTensorsAreToldAtOnce() throws IOException {
        editHeader(
                NORM,
                "embedding_model.encoder.0.ffn_nrm.weight",
                "language_model.model.norm.weight",
                "zzz",
                "(\"language_model.output.weight\": ?\\{\"dtype\": ?\"F32\", ?\"shape\": ?)\\[128, ?64\\]",
                "$1[64,128]");
        refused(folder + """
            : 2 missing, 2 unexpected, 1 mismatched tensors:
              missing: final_norm.weight (language_model.model.norm.weight in the checkpoint) (64)
              missing: layers.0.mlp_norm.weight (embedding_model.encoder.0.ffn_norm.weight in the checkpoint) (64)
              unexpected: embedding_model.encoder.0.ffn_nrm.weight (64)
              unexpected: zzz (64)
              shape mismatch: output.weight (language_model.output.weight in the checkpoint) is (64, 128), expected (128, 64)\
            """);
    }

    @Test
    void modelsWithAMixerOfNoPluginAreRefused() throws IOException {
        Files.write(weights, file);
        Path config = folder.resolve("config.json");
        String layers = String.join(",", Collections.nCopies(6, "{\"mixer\": \"retention\", \"settings\": {}}"));
        Files.writeString(
                config,
                Files.readString(config)
                        .stripTrailing()
                        .replaceFirst("}$", ", \"carve\": {\"layers\": [" + layers + "]}}"));
        refused(folder + ": its config.json asks for mixer 'retention', which is not installed; install the plugin that"
                + " brings it (there are attention, latent-attention, mamba-in-llama, mamba2, plain-mamba2)");
    }

    private void planRefused(String message, String plan) throws IOException {
        Path conf = Files.writeString(folder.resolve("plan.conf"), plan);
        Path student = folder.resolve("student");
        carve.bad(
                message.replace("plan.conf", conf.toString()),
                "convert",
                Program.FIXTURES.resolve("hovle_tiny").toString(),
                "--plan",
                conf.toString(),
                "--out",
                student.toString());
        assertFalse(Files.exists(student));
    }

    @Test
    void plansOfAnotherLengthAreRefused() throws IOException {
        planRefused(
                "plan.conf: 1: key 'layers' has 5 entries, the model has 6 layers; name one for each, 'mixer x3' repeats, 'mixer x rest' fills and 'keep' leaves a layer as it is",
                "layers = [mamba2 x5]\n");
    }

    @Test
    void unknownMixersAreRefusedWithSuggestions() throws IOException {
        planRefused(
                "plan.conf: 1: key 'repeat', entry 1: no mixer 'mamba3'; there are attention, latent-attention, mamba-in-llama, mamba2, plain-mamba2 (did you mean 'mamba2'?)",
                "repeat = [mamba3]\n");
    }

    @Test
    void wordsThatMeanNothingAreRefusedWithTheirLine() throws IOException {
        planRefused(
                "plan.conf: 3: key 'layers', entry 2: character 8 of 'mamba2 x': found 'x'; a number or 'rest' has to follow 'x', as"
                        + " in 'mamba2 x3'",
                "layers = [\n  keep\n  mamba2 x\n]\n");
        planRefused(
                "plan.conf: 2: key 'overrides.6-7': found layer 6; there are 6, from 0 to 5",
                "repeat = [mamba2]\noverrides { 6-7 = keep }\n");
        planRefused(
                "plan.conf: 2: key 'at' was not used; it is now called 'overrides'",
                "repeat = [mamba2]\nat { 0 = keep }\n");
        planRefused(
                "plan.conf: 2: key 'words' was not used; it is now called 'layer-kinds'",
                "ssm_layers = [0]\nwords { linear = mamba2 }\n");
        planRefused(
                "plan.conf: 1: key 'ssm_layers', position 2: found 6; layers are numbers from 0 to 5",
                "ssm_layers: [0, 2, 6]\n");
        planRefused(
                "plan.conf: 1: key 'hybrid_override_pattern': character 4 of 'M-*?-': found '?'; parts are M and G (linear), *, + and"
                        + " D (attention), - and E (feed-forward), | between stages of a pipeline; was the pattern quoted, so that"
                        + " the shell left it alone?",
                "hybrid_override_pattern = \"M-*?-\"\n");
    }

    @Test
    void keysThatNobodyReadsAreToldWithTheirLine() throws IOException {
        planRefused(
                "plan.conf: 2: key 'layrs' was not used; did you mean 'layers'?",
                "repeat = [mamba2]\nlayrs = [mamba2]\n");
        planRefused(
                "plan.conf: 4: key 'conv-widht' was not used; did you mean 'conv-width'?",
                "mixers {\n  small {\n    type = mamba2\n    conv-widht = 2\n  }\n}\nrepeat = [small]\n");
    }

    @Test
    void picturesThatCannotBeReadAreNamed() throws IOException {
        String model = Path.of("..", "demo", "untrained").toString();
        Path none = folder.resolve("none.png");
        carve.bad(none + ": no such file", "generate", model, "--prompt", "count", "--image", none.toString());
        Path garbage = Files.writeString(folder.resolve("garbage.png"), "not a picture");
        carve.bad(
                "image " + garbage
                        + ": is none of PNG, JPEG, GIF and BMP, the file starts with [6e 6f 74 20 61 20 70 69]",
                "generate",
                model,
                "--prompt",
                "count",
                "--image",
                garbage.toString());
    }
}
