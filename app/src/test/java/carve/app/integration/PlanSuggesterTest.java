package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.json.Json;
import carve.api.model.LoadedModel;
import carve.api.tensor.Scope;
import carve.app.Main;
import carve.app.TestDistribution;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.PlanSuggester;
import carve.runtime.plan.Suggestion;
import carve.runtime.plan.Suggestion.HeadScore;
import carve.runtime.plan.Suggestion.LayerScore;
import carve.runtime.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In a teacher only one of whose layers mixes positions, every method ranks that layer first. */
final class PlanSuggesterTest {
    private static final Path DEMO = Path.of("..", "demo", "teacher");
    private static final int LAYERS = 6;
    private static final int MATTERS = 3;

    @TempDir
    private Path folder;

    private final Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
    private final List<String> lines = new ArrayList<>();
    private Path teacher;

    @BeforeEach
    void prepare() throws IOException {
        teacher = folder.resolve("teacher");
        List<String> conversations =
                IntStream.range(0, 13).mapToObj(i -> """
                        {"id": "%d", "conversations": [{"from": "human", "value": "What is at %d, left of the blue circle?"},
                         {"from": "gpt", "value": "There are %d red squares above the green triangle."}]}""".formatted(i, i, i + 2)).toList();
        Files.writeString(folder.resolve("data.json"), "[" + String.join(",\n", conversations) + "]");
        try (Device device = device();
                ModelFolder demo = ModelFolder.open(DEMO, catalogs);
                LoadedModel model = demo.load(device, WeightPrecision.F32)) {
            Scope.run(
                    device,
                    () -> IntStream.range(0, LAYERS)
                            .filter(i -> i != MATTERS)
                            .mapToObj("layers.%d.mixer.o_proj.weight"::formatted)
                            .forEach(name -> model.params()
                                    .put(name, model.params().get(name).multiply(0))));
            demo.save(model, teacher);
        }
    }

    private Device device() {
        return new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
    }

    private TreeSettings settings(String own) {
        String small = """
                samples = 5, batch-size = 3, keep = 2, window = 5
                recall { tasks = [key-value], lengths = [200], samples = 1 }
                align { steps = 2, batch-size = 2, length-bucket-batches = 1 }
                restore { steps = 2, batch-size = 2, length-bucket-batches = 1 }
                data.file = "%s"
                """.formatted(folder.resolve("data.json"));
        return new TreeSettings(Hocon.parse(small + own, "test")
                .asTree()
                .over(Hocon.parseResource(Main.class.getModule(), "suggest.conf")
                        .orElseThrow()
                        .asTree()));
    }

    private Suggestion suggest(String own, String work) throws IOException {
        try (Device device = device();
                ModelFolder model = ModelFolder.open(teacher, catalogs)) {
            Path place = Files.createDirectories(folder.resolve(work));
            return new PlanSuggester(catalogs, device, settings(own)).suggest(model, place, Progress.NONE, lines::add);
        }
    }

    private Suggestion imported(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("scores"), text);
        try (Device device = device();
                ModelFolder model = ModelFolder.open(teacher, catalogs)) {
            return new PlanSuggester(catalogs, device, settings("")).imported(model, file);
        }
    }

    private static List<Double> scores(Suggestion suggestion) {
        return suggestion.layers().stream().map(LayerScore::score).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"marginal", "window", "importance", "restore-one"})
    void theLayerThatMattersIsRankedFirst(String method) throws IOException {
        Suggestion suggestion = suggest("by = " + method, "work");
        assertEquals(1, suggestion.layers().get(MATTERS).rank(), suggestion.toString());
        assertEquals(2, suggestion.plan().kept().size());
        assertTrue(suggestion.plan().kept().contains(MATTERS));
        assertEquals(LAYERS, lines.size(), "a line for each layer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"marginal", "restore-one", "recall"})
    void aSearchThatWasStoppedEndsWithTheSameScores(String method) throws IOException {
        String own = "by = " + method;
        Suggestion whole = suggest(own, "whole");
        suggest(own, "stopped");
        Path measurements = folder.resolve("stopped/measurements.jsonl");
        List<String> all = Files.readAllLines(measurements);
        Files.writeString(measurements, String.join("\n", all.subList(0, all.size() / 2)) + "\n{\"of");
        assertEquals(whole, suggest(own, "stopped"));
        assertEquals(all, Files.readAllLines(measurements));
    }

    @Test
    void theHeadsOfTheLayerThatMattersAreRankedFirst() throws IOException {
        List<HeadScore> heads = suggest("by = importance, heads = true", "work").heads();
        HeadScore first =
                heads.stream().max(Comparator.comparingDouble(HeadScore::score)).orElseThrow();
        assertEquals(MATTERS, first.layer());
        assertTrue(
                heads.stream().filter(head -> head.layer() != MATTERS).allMatch(head -> Math.abs(head.score()) < 1e-6));
    }

    @Test
    void recallScoresAreRatiosOfWhatIsLost() throws IOException {
        Suggestion suggestion = suggest("by = recall", "work");
        double recall = greatest(suggestion, "recall");
        double likelihood = greatest(suggestion, "likelihood");
        for (LayerScore layer : suggestion.layers()) {
            double lost = likelihood - layer.figures().get("likelihood") + 1e-10;
            assertEquals(Math.min(50, (recall - layer.figures().get("recall")) / lost), layer.score());
        }
    }

    private static double greatest(Suggestion suggestion, String figure) {
        return suggestion.layers().stream()
                .mapToDouble(layer -> layer.figures().get(figure))
                .max()
                .orElseThrow();
    }

    @Test
    void windowsThatNoSampleExceedsAreRefused() {
        SettingsException refused =
                assertThrows(SettingsException.class, () -> suggest("by = window, window = 4096", "work"));
        assertTrue(
                refused.getMessage().startsWith("window: found 4096, but the longest sample has "),
                refused.getMessage());
    }

    @Test
    void everyFormOfImportedScoresIsRead() throws IOException {
        List<Double> expected = List.of(0.5, -1.0, 2e-3, 7.0, 0.0, 3.0);
        Suggestion csv = imported("layer,label,score\n0,a,0.5\n1,b,-1\n2,c,2e-3\n3,d,7\n5,f,3\n4,e,0\n");
        assertEquals(expected, scores(csv));
        assertEquals(List.of(3, 5), csv.plan().kept());
        assertEquals(expected, scores(imported("[0.5, -1, 2e-3, 7, 0, 3]")));
        assertEquals(expected, scores(imported("{\"0\": 0.5, \"1\": -1, \"2\": 2e-3, \"3\": 7, \"4\": 0, \"5\": 3}")));
        assertEquals(expected, scores(imported(Json.print(csv.json()))));
    }

    @Test
    void incompleteScoresAreRefused() {
        refused("layer,score\n0,1\n", "no score for layer 1; the model has 6 layers, from 0");
        refused("[1, 2, 3, 4, 5, 6, 7]", "found a score for layer 6; the model has 6 layers, from 0");
        refused("layer,score\n0,1\n0,2\n", "layer 0 has two scores");
        refused("a,b\n", "found 'a,b'; the first line of a CSV file must name the columns layer and score");
        refused("layer,score\n0,x\n", "found line 2, '0,x'; it needs 2 columns, and a number as its score");
        refused("layer,score\n-1,1\n", "found line 2, '-1,1'; a layer is a number from 0");
    }

    private void refused(String text, String problem) {
        SettingsException error = assertThrows(SettingsException.class, () -> imported(text));
        assertEquals(folder.resolve("scores") + ": " + problem, error.getMessage());
    }
}
