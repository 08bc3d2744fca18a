package carve.runtime.eval;

import carve.api.data.Sample;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.Sampler;
import carve.runtime.eval.LlavaQuestions.Question;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An evaluation by exact match: a model answers questions greedily, and an answer is correct if it equals the expected one but for
 * white space at the ends.
 *
 * @param model the model
 * @param processor the model's tokenizer and chat template
 * @param config the batch size and the greatest length of answers
 */
public record ExactMatchEvaluation(LoadedModel model, Processor processor, EvaluationConfig config) {
    private static final int WINDOW = 1024;

    /**
     * An answer.
     *
     * @param question the question
     * @param answer the model's answer
     */
    public record Answer(Question question, String answer) {
        /** Returns whether it equals the expected answer. */
        public boolean correct() {
            return answer.strip().equals(question.expectedAnswer().strip());
        }
    }

    /**
     * The number of correct answers.
     *
     * @param correct the number of correct answers
     * @param total the number of all answers
     */
    public record Score(int correct, int total) {
        /** Returns the fraction of correct answers; 0 if there are no answers. */
        public double accuracy() {
            return total == 0 ? 0 : (double) correct / total;
        }

        private Score plus(Answer answer) {
            return new Score(correct + (answer.correct() ? 1 : 0), total + 1);
        }
    }

    /**
     * The result of an evaluation.
     *
     * @param answers the answers, in the order of the questions
     * @param seconds the time that it took
     */
    public record Result(List<Answer> answers, double seconds) {
        /** Copies the list. */
        public Result {
            answers = List.copyOf(answers);
        }

        /** Returns the score of each category, sorted by name. */
        public Map<String, Score> byCategory() {
            Map<String, Score> kinds = new TreeMap<>();
            for (Answer answer : answers) {
                kinds.merge(
                        answer.question().category(), new Score(0, 0).plus(answer), (before, _) -> before.plus(answer));
            }
            return kinds;
        }

        /** Returns the score of all questions. */
        public Score overall() {
            return new Score((int) answers.stream().filter(Answer::correct).count(), answers.size());
        }

        /** Returns the report as JSON: scores, and every answer. */
        public JsonObject json() {
            Map<String, JsonValue> kinds = new LinkedHashMap<>();
            byCategory().forEach((kind, score) -> kinds.put(kind, json(score)));
            List<JsonValue> items = new ArrayList<>();
            for (Answer answer : answers) {
                items.add(JsonObject.empty()
                        .with("id", answer.question().id())
                        .with("kind", answer.question().category())
                        .with("question", answer.question().text())
                        .with("expected", answer.question().expectedAnswer())
                        .with("answer", answer.answer())
                        .with("correct", answer.correct()));
            }
            return json(overall())
                    .with("seconds", seconds)
                    .with("kinds", JsonObject.of(kinds))
                    .with("answers", new JsonArray(items));
        }

        private static JsonObject json(Score score) {
            return JsonObject.empty()
                    .with("accuracy", score.accuracy())
                    .with("correct", score.correct())
                    .with("total", score.total());
        }
    }

    private record PromptedQuestion(int index, Question question, Sample prompt) {
        private int length() {
            return prompt.tokens().length;
        }
    }

    /**
     * Answers all questions.
     *
     * @throws IOException if a picture cannot be read
     */
    public Result run(List<Question> questions, ProgressListener progress) throws IOException {
        long started = System.nanoTime();
        Answer[] answers = new Answer[questions.size()];
        try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withMaxBatchSize(config.batchSize()))) {
            for (int from = 0; from < questions.size(); from += WINDOW) {
                List<PromptedQuestion> window = new ArrayList<>();
                for (int i = from; i < Math.min(questions.size(), from + WINDOW); i++) {
                    window.add(new PromptedQuestion(
                            i,
                            questions.get(i),
                            processor.prompt(questions.get(i).prompt())));
                }
                // prompts of one length are processed together
                window.sort(Comparator.comparing(PromptedQuestion::length));
                answer(generator, window, answers, new CompletionProgress(progress, from, questions.size()));
            }
        }
        return new Result(List.of(answers), (System.nanoTime() - started) / 1e9);
    }

    private void answer(
            Generator generator, List<PromptedQuestion> window, Answer[] answers, CompletionProgress progress) {
        List<GenerationRequest> requests =
                window.stream().map(asked -> request(generator, asked.prompt())).toList();
        List<Completion> completions = generator.generate(requests, progress);
        for (int i = 0; i < window.size(); i++) {
            PromptedQuestion asked = window.get(i);
            answers[asked.index()] = new Answer(
                    asked.question(), processor.decode(completions.get(i).tokens()));
        }
    }

    private GenerationRequest request(Generator generator, Sample prompt) {
        return new GenerationRequest(
                        generator.prompt(prompt),
                        Sampler.greedy(processor.suppressedTokens()),
                        processor.stopTokens(),
                        processor.maxNewTokens(prompt, config.maxTokens()))
                .with(CachePolicy.NONE);
    }
}
