package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pull gets the files that Carve reads or the user names, and never a pickle. */
final class FileFilterTest {
    private static final HubReference MODEL = HubReference.parse("acme/tiny");
    private static final BlobDigest DIGEST = new BlobDigest("0".repeat(40));

    private static List<RemoteFile> files(String... names) {
        return Arrays.stream(names)
                .map(name -> new RemoteFile(name, 3 << 20, DIGEST))
                .toList();
    }

    private static List<String> chosen(FileFilter filter, String... names) {
        return filter.choose(MODEL, files(names)).files().stream()
                .map(RemoteFile::name)
                .toList();
    }

    private static FileFilter include(String... globs) {
        return new FileFilter(List.of(globs), List.of());
    }

    private static String message(FileFilter filter, String... names) {
        return assertThrows(HubException.class, () -> filter.choose(MODEL, files(names)))
                .getMessage();
    }

    @Test
    void safetensorsGoBeforeEverythingElse() {
        assertEquals(
                List.of(
                        "config.json",
                        "chat_template.jinja",
                        "additional_chat_templates/rag.jinja",
                        "model.safetensors"),
                chosen(
                        FileFilter.DEFAULT,
                        "README.md",
                        "config.json",
                        "chat_template.jinja",
                        "additional_chat_templates/rag.jinja",
                        "pytorch_model.bin",
                        "tf_model.h5",
                        "flax_model.msgpack",
                        "onnx/model.onnx",
                        "onnx/config.json",
                        "model.safetensors",
                        "model-Q4_K_M.gguf",
                        "trainer_state.json",
                        ".gitattributes"));
    }

    @Test
    void theOnlyGgufModelIsChosenWithAllItsParts() {
        assertEquals(
                List.of("tiny-00001-of-00002.gguf", "tiny-00002-of-00002.gguf"),
                chosen(
                        FileFilter.DEFAULT,
                        "README.md",
                        "tiny-00001-of-00002.gguf",
                        "tiny-00002-of-00002.gguf",
                        "mmproj-f16.gguf"));
    }

    @Test
    void severalGgufModelsAreListed() {
        assertEquals(
                """
                acme/tiny has 3 GGUF models; choose with --include, as in `carve pull acme/tiny --include 'tiny-Q4_K_M*.gguf'`:
                  big.gguf  6 MiB
                  tiny-Q4_K_M.gguf  3 MiB
                  tiny-Q8_0.gguf  3 MiB""",
                message(
                        FileFilter.DEFAULT,
                        "tiny-Q4_K_M.gguf",
                        "tiny-Q8_0.gguf",
                        "big-00001-of-00002.gguf",
                        "big-00002-of-00002.gguf"));
        assertEquals(
                List.of("tiny-Q4_K_M.gguf"),
                chosen(include("tiny-Q4_K_M*.gguf"), "tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf"));
        assertEquals(
                List.of("tiny-Q8_0.gguf"),
                chosen(new FileFilter(List.of(), List.of("*Q4*")), "tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pytorch_model.bin",
                "model.pt",
                "model.pth",
                "x.ckpt",
                "x.pkl",
                "x.pickle",
                "X.BIN",
                "a/b.joblib",
                "x.pt2",
                "x.dill"
            })
    void aPickleIsRefusedByName(String name) {
        String refusal =
                "acme/tiny: %s is not downloaded: a pickle file can run any program when it is opened, so Carve reads safetensors and GGUF only; look for a revision (@refs/pr/NUMBER) or another repository that has safetensors"
                        .formatted(name);
        assertEquals(refusal, message(include(name), name, "config.json"));
        assertEquals(refusal, message(include("config.json", "*" + name.substring(1)), name, "config.json"));
        assertEquals(refusal, message(FileFilter.DEFAULT, name, "config.json"));
    }

    @Test
    void picklesAmongOthersAreLeftOutAndTold() {
        FileFilter.Chosen chosen =
                include("*").choose(MODEL, files("config.json", "model.safetensors", "pytorch_model.bin"));
        assertEquals(
                List.of("config.json", "model.safetensors"),
                chosen.files().stream().map(RemoteFile::name).toList());
        assertEquals(List.of("pytorch_model.bin"), chosen.refused());
    }

    @Test
    void nothingThatMatchesIsAnError() {
        assertEquals(
                "acme/tiny: no file matches '*.gguf'; there are a.txt, b.txt",
                message(include("*.gguf"), "a.txt", "b.txt"));
        assertEquals("acme/tiny: no file matches '*'; there are no files", message(include("*")));
        String[] many =
                Stream.iterate(0, n -> n + 1).limit(20).map(n -> "f" + n).toArray(String[]::new);
        assertEquals(
                "acme/tiny: no file matches 'x'; there are f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 and 8 more",
                message(include("x"), many));
    }

    @Test
    void noWeightsAreAnError() {
        assertEquals(
                "acme/tiny has no weights that Carve reads, neither model.safetensors, model.safetensors.index.json nor a GGUF file; there are config.json, tf_model.h5; --include downloads files by name",
                message(FileFilter.DEFAULT, "config.json", "tf_model.h5"));
    }
}
