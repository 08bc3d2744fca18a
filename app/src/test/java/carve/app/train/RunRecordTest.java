package carve.app.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.train.StageRecord.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunRecordTest {
    @TempDir
    private Path folder;

    private RunRecord only(Instant now) {
        List<RunRecord> runs = new RunFolders(folder).read(now);
        assertEquals(1, runs.size());
        return runs.getFirst();
    }

    private static List<Status> statuses(RunRecord run) {
        return run.stages().stream().map(stage -> stage.status(run.now())).toList();
    }

    @Test
    void stagesWaitRunStopAndEnd() throws IOException {
        RunFixture run = new RunFixture(folder.resolve("r")).schedule("align", 40);
        assertEquals(List.of(Status.RUNNING, Status.PENDING), statuses(only(Instant.now())));
        run.steps("align", 1, 20);
        assertEquals(List.of(Status.RUNNING, Status.PENDING), statuses(only(Instant.now())));
        Instant later = Instant.now().plus(Duration.ofHours(1));
        assertEquals(List.of(Status.STOPPED, Status.PENDING), statuses(only(later)));
        assertEquals(Status.STOPPED, only(later).status());
        run.steps("align", 21, 40).end("align").schedule("logits", 5).steps("logits", 1, 5);
        assertEquals(List.of(Status.FINISHED, Status.RUNNING), statuses(only(Instant.now())));
        run.end("logits");
        assertEquals(Status.FINISHED, only(later).status());
    }

    @Test
    void aRunThatGrowsIsReadFurther() throws IOException {
        RunFixture run =
                new RunFixture(folder.resolve("r")).schedule("align", 40).steps("align", 1, 3);
        RunFolders folders = new RunFolders(folder);
        assertEquals(
                3, folders.read(Instant.now()).getFirst().stages().getFirst().lastStep());
        run.steps("align", 4, 9);
        assertEquals(
                9, folders.read(Instant.now()).getFirst().stages().getFirst().lastStep());
    }

    @Test
    void longRunsAreDrawnTogether() throws IOException {
        new RunFixture(folder.resolve("r")).schedule("align", 1000).steps("align", 1, 1000);
        JsonObject stage =
                (JsonObject) only(Instant.now()).json().array("stages").items().getFirst();
        assertEquals(3, stage.integer("steps_per_point"));
        assertEquals(334, stage.array("step").items().size());
        JsonObject heat = stage.object("layer_values").object("mean-squared-error@heads");
        assertEquals("[1,2,4,5]", Json.compact(heat.array("layers")));
        assertEquals(4, heat.array("values").items().size());
        double mean = (Math.exp(-1 / 40.0) + Math.exp(-2 / 40.0) + Math.exp(-3 / 40.0)) * 4 / 3;
        assertEquals(
                mean,
                Double.parseDouble(Json.compact(stage.array("loss").items().getFirst())),
                1e-4);
    }

    @Test
    void badLinesAreToldOnceAndTheRestIsShown() throws IOException {
        RunFixture run =
                new RunFixture(folder.resolve("r")).schedule("align", 40).steps("align", 1, 2);
        run.append("align", "metrics.jsonl", "{\"step\":3,\"lo\n{}\n")
                .steps("align", 4, 5)
                .append("align", "metrics.jsonl", "{\"st");
        RunRecord record = only(Instant.now());
        assertEquals(5, record.stages().getFirst().lastStep());
        assertEquals(4, record.stages().getFirst().metrics().size());
        String problem = record.problem().orElseThrow();
        assertTrue(
                problem.startsWith(
                        folder.resolve("r/align/metrics.jsonl").toAbsolutePath() + ": 3: not a valid metrics line: "),
                problem);
    }

    @Test
    void linesOfEarlierVersionsAreRead() throws IOException {
        new RunFixture(folder.resolve("r")).append("align", "metrics.jsonl", """
                        {"step":1,"loss":2.0,"gradients":{"3":0.5},"rate":0.25}
                        """);
        StageRecord stage = only(Instant.now()).stages().getFirst();
        assertEquals(0.25, stage.metrics().getFirst().learningRate());
        assertEquals(
                Map.of(StepMetrics.GRADIENTS, Map.of(3, 0.5)),
                stage.metrics().getFirst().layerValues());
    }

    @Test
    void runsWithoutAScheduleAreShown() throws IOException {
        Path old = folder.resolve("old");
        new RunFixture(old).steps("align", 1, 7).end("align");
        Files.delete(old.resolve("run.json"));
        RunRecord record = only(Instant.now());
        assertEquals(Status.FINISHED, record.status());
        assertEquals(7, record.stages().getFirst().totalSteps());
    }
}
