package carve.app.acceptance;

import static org.junit.jupiter.api.Assertions.assertFalse;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with a TinyLLaVA, a MaTVLM, or their data is told in one message, and nothing is written. */
final class BadLlavaTest {
    private static final Path TINY = Program.FIXTURES.resolve("matvlm_tiny");

    @TempDir
    private Path folder;

    private final Program carve = new Program();
    private Path model;

    @BeforeEach
    void copyAModel() throws IOException {
        model = Files.createDirectories(folder.resolve("model"));
        for (String file : new String[] {"config.json", "mamba_config.json", "model.safetensors"}) {
            Files.copy(TINY.resolve(file), model.resolve(file));
        }
    }

    private void write(String file, JsonObject json) throws IOException {
        Files.writeString(model.resolve(file), Json.print(json));
    }

    private JsonObject read(String file) {
        return Json.readObject(model.resolve(file));
    }

    private void refused(String problem) {
        carve.badModel(problem, model.toString());
        Path student = folder.resolve("student");
        carve.bad(problem, "convert", model.toString(), "--plan", "linear", "--out", student.toString());
        assertFalse(Files.exists(student));
    }

    @Test
    void widthsThatContradictTheTensorsAreRefused() throws IOException {
        JsonObject config = read("config.json");
        JsonObject text = config.object("text_config");
        write("config.json", config.with("text_config", text.with("intermediate_size", 96)));
        refused(model + ": mamba_config.json: intermediate_size: is 128, but by config.json it is 96");
    }

    @Test
    void partsThatContradictEachOtherAreRefused() throws IOException {
        write("config.json", read("config.json").with("vision_hidden_size", 48));
        refused(model + ": config.json: vision_hidden_size: is 48, but the parts of the model have 32");
    }

    @Test
    void layersThatAreNotWhatTheMambaFileSaysAreRefused() throws IOException {
        Files.delete(model.resolve("mamba_config.json"));
        refused(model + """
                : 8 missing, 8 unexpected tensors:
                  missing: layers.0.mixer.k_proj.bias (language_model.model.layers.0.self_attn.k_proj.bias in the checkpoint) (64)
                  missing: layers.0.mixer.k_proj.weight (language_model.model.layers.0.self_attn.k_proj.weight in the checkpoint) (64, 64)
                  missing: layers.0.mixer.o_proj.bias (language_model.model.layers.0.self_attn.dense.bias in the checkpoint) (64)
                  missing: layers.0.mixer.o_proj.weight (language_model.model.layers.0.self_attn.dense.weight in the checkpoint) (64, 64)
                  missing: layers.0.mixer.q_proj.bias (language_model.model.layers.0.self_attn.q_proj.bias in the checkpoint) (64)
                  missing: layers.0.mixer.q_proj.weight (language_model.model.layers.0.self_attn.q_proj.weight in the checkpoint) (64, 64)
                  missing: layers.0.mixer.v_proj.bias (language_model.model.layers.0.self_attn.v_proj.bias in the checkpoint) (64)
                  missing: layers.0.mixer.v_proj.weight (language_model.model.layers.0.self_attn.v_proj.weight in the checkpoint) (64, 64)
                  unexpected: language_model.model.layers.0.mamba.A_log (2)
                  unexpected: language_model.model.layers.0.mamba.D (2)
                  unexpected: language_model.model.layers.0.mamba.conv1d.bias (192)
                  unexpected: language_model.model.layers.0.mamba.conv1d.weight (192, 1, 4)
                  unexpected: language_model.model.layers.0.mamba.dt_bias (2)
                  unexpected: language_model.model.layers.0.mamba.in_proj.weight (258, 64)
                  unexpected: language_model.model.layers.0.mamba.norm.weight (64)
                  unexpected: language_model.model.layers.0.mamba.out_proj.weight (64, 64)\
                """);
    }

    private void trainingRefused(String message, String image, String more) throws IOException, InterruptedException {
        Path data = Files.writeString(folder.resolve("train.json"), """
                [{"id": 7, "image": "%s", "conversations": [{"from": "human", "value": "<image>\\nhow many?"},
                  {"from": "gpt", "value": "one"}]}]
                """.formatted(image));
        Path recipe = Files.writeString(folder.resolve("teacher.conf"), """
                model = "%s", out = "%s", device = reference
                data { type = llava, file = "%s"%s }
                stages = [{ name = words, type = supervised, steps = 2, batch-size = 1, tensorboard = false }]
                """.formatted(
                        Path.of("..", "demo", "matvlm", "untrained"), folder.resolve("run"), data, more));
        Program.badProcess(message.replace("DATA", data.toString()), "train", recipe.toString());
        assertFalse(Files.exists(folder.resolve("run/model")));
    }

    @Test
    void picturesThatAreNotThereAreNamedBeforeAnythingBegins() throws IOException, InterruptedException {
        trainingRefused(
                "DATA: 1 images are missing; set 'image-folder' to their folder, or use missing-images = skip\n  "
                        + folder.resolve("none.png") + " (id 7)",
                "none.png",
                "");
    }

    @Test
    void picturesThatAreSkippedAreCounted() throws IOException, InterruptedException {
        trainingRefused(
                "llava train.json (1 conversations, max-length 8192, missing-images SKIP, shuffle true, seed 42): all of 1"
                        + " samples were left out: {image missing=1 (id 7: no image "
                        + folder.resolve("none.png") + ")}",
                "none.png",
                ", missing-images = skip");
    }

    @Test
    void picturesThatAreGoneWhenTheirTurnComesAreNamed() throws IOException, InterruptedException {
        Files.createDirectory(folder.resolve("gone.png")); // there when the files are counted, and not to be read
        trainingRefused("stage 'words': data: DATA: id 7: Is a directory", "gone.png", "");
    }

    @Test
    void templatesWithoutThePlacesOfPicturesAreRefused() throws IOException, InterruptedException {
        Path from = Path.of("..", "demo", "matvlm", "untrained");
        Path looking = Files.createDirectories(folder.resolve("looking"));
        JsonObject config = Json.readObject(from.resolve("config.json"));
        Files.writeString(
                looking.resolve("config.json"), Json.print(config.with("system_message", "Look at <image>.")));
        Files.copy(from.resolve("tokenizer.json"), looking.resolve("tokenizer.json"));
        Program.badProcess(
                "chat template 'phi': 2 placeholders '<image>' for 1 images; use one placeholder for each image",
                "generate",
                looking.toString(),
                "--prompt",
                "how many?",
                "--image",
                Program.FIXTURES.resolve("preprocess/d_150x150.png").toString());
    }
}
