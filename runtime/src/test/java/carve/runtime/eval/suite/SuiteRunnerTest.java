package carve.runtime.eval.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.JsonObject;
import carve.api.stage.ProgressListener;
import carve.api.text.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuiteRunnerTest {
    private static final JsonObject RUN =
            JsonObject.empty().with("suite", "pope").with("model", "m");

    @TempDir
    private Path folder;

    private List<Question> items() throws IOException {
        SuiteFixtures.pictures(folder, "p.png");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            lines.append("{\"question_id\": %d, \"image\": \"p.png\", \"text\": \"q%d?\", \"label\": \"yes\"}\n"
                    .formatted(i, i));
        }
        return new Pope()
                .read(SuiteFixtures.source(
                        SuiteFixtures.write(folder.resolve("coco_pope_random.json"), lines.toString())));
    }

    @Test
    void aKilledRunGoesOnWhereItWas() throws IOException {
        Path out = folder.resolve("runs/out.jsonl");
        SuiteRunner suiteRunner = new SuiteRunner(PromptTemplate.of("llava", "pope"), 2);
        List<String> asked = new ArrayList<>();
        AnswerGenerator killed = (prompts, _) -> {
            if (!asked.isEmpty()) {
                throw new IllegalStateException("killed");
            }
            return answer(prompts, asked);
        };
        try (PredictionStore predictionStore = PredictionStore.open(out, RUN)) {
            assertThrows(
                    IllegalStateException.class,
                    () -> suiteRunner.run(items(), killed, predictionStore, ProgressListener.NONE));
        }
        Files.writeString(out, Files.readString(out) + "{\"id\": \"random/4\", \"ans");
        try (PredictionStore predictionStore = PredictionStore.open(out, RUN)) {
            List<Prediction> answers = suiteRunner.run(
                    items(), (prompts, _) -> answer(prompts, asked), predictionStore, ProgressListener.NONE);
            assertEquals(5, answers.size());
        }
        assertEquals(
                List.of("q0?", "q1?", "q2?", "q3?", "q4?"),
                asked.stream().map(text -> text.substring(0, 3)).toList());
        assertEquals(6, Files.readAllLines(out).size());
    }

    private static List<String> answer(List<List<Message>> prompts, List<String> asked) {
        prompts.forEach(prompt -> asked.add(prompt.getFirst().text()));
        return prompts.stream().map(_ -> "yes").toList();
    }

    @Test
    void filesOfOtherRunsAreRefused() throws IOException {
        Path out = folder.resolve("out.jsonl");
        PredictionStore.open(out, RUN).close();
        assertEquals(
                "out.jsonl: line 1: holds answers of another run, {\"suite\":\"pope\",\"model\":\"m\"}, but this one is"
                        + " {\"suite\":\"pope\",\"model\":\"n\"}; give another file",
                assertThrows(SuiteException.class, () -> PredictionStore.open(out, RUN.with("model", "n")))
                        .getMessage());
    }

    @Test
    void promptsAreData() throws IOException {
        Question item = items().getFirst();
        assertEquals(
                "q0?\nAnswer the question using a single word or phrase.",
                PromptTemplate.of("llava", "pope").of(item));
        assertEquals("internvl", PromptTemplate.styleOf("hovle"));
        Path own = SuiteFixtures.write(
                folder.resolve("own.json"), "{\"pope\": {\"prompt\": \"<{question}>\", \"max-tokens\": 3}}");
        assertEquals("<q0?>", PromptTemplate.of(own.toString(), "pope").of(item));
        assertEquals(
                "no style of prompts and no such file 'lava'; there are internvl, llava (did you mean 'llava'?)",
                assertThrows(SuiteException.class, () -> PromptTemplate.of("lava", "pope"))
                        .getMessage());
        for (String suite : Suites.names()) {
            assertEquals("llava", PromptTemplate.of("llava", suite).style());
            assertEquals("internvl", PromptTemplate.of("internvl", suite).style());
        }
    }
}
