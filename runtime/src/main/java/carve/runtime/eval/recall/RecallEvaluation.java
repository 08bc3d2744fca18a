package carve.runtime.eval.recall;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.param.CounterRandom;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.util.ArrayList;
import java.util.List;

/**
 * An evaluation of recall by generation: a model continues the examples of tasks greedily, side by side, and its texts are scored. Each has
 * the answer that it has alone.
 *
 * @param model the model
 * @param processor the model's tokenizer and chat template
 * @param grid the lengths, depths and number of examples
 */
public record RecallEvaluation(LoadedModel model, Processor processor, RecallGrid grid) {
    // the most positions of a batch: states of long prompts take memory
    private static final int MAX_POSITIONS = 65_536;

    private record Asked(RecallScores.Cell cell, RecallExample example, Sample prompt) {}

    /**
     * Asks for everything in the grid.
     *
     * @param progress is told of every answer
     * @throws RecallException if a task's shortest text is longer than one of the lengths
     */
    public RecallScores run(List<RecallTask> tasks, ProgressListener progress) {
        long started = System.nanoTime();
        long total = grid.examples(tasks);
        List<RecallScores.Answer> answers = new ArrayList<>();
        for (RecallTask task : tasks) {
            for (int length : grid.lengths()) {
                AnsweredCount counted = new AnsweredCount(progress, answers.size(), total);
                answers.addAll(answers(examples(task, length), length, counted));
            }
        }
        return new RecallScores(answers, (System.nanoTime() - started) / 1e9);
    }

    private List<Asked> examples(RecallTask task, int length) {
        RecallPrompts prompts = new RecallPrompts(processor, grid.chat());
        TokenCounter counter = prompts.counter();
        List<Asked> examples = new ArrayList<>();
        for (Depth depth : grid.depths(task)) {
            RecallScores.Cell cell = new RecallScores.Cell(task.name(), task.haystack(), length, depth);
            CounterRandom seeds = new CounterRandom(grid.seed(), "%s/%d/%s".formatted(task.name(), length, depth));
            for (int i = 0; i < grid.samples(); i++) {
                RecallExample example = task.example(counter, new RecallRequest(length, depth, seeds.bits(i)));
                examples.add(new Asked(cell, example, prompts.prompt(example)));
            }
        }
        return examples;
    }

    private List<RecallScores.Answer> answers(List<Asked> examples, int length, TokenListener listener) {
        int batch = Math.clamp(MAX_POSITIONS / length, 1, grid.batchSize());
        try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withMaxBatchSize(batch))) {
            List<GenerationRequest> requests =
                    examples.stream().map(asked -> request(generator, asked)).toList();
            List<Completion> completions = generator.generate(requests, listener);
            List<RecallScores.Answer> answers = new ArrayList<>();
            for (int i = 0; i < examples.size(); i++) {
                answers.add(answer(
                        examples.get(i), processor.decode(completions.get(i).tokens())));
            }
            return answers;
        }
    }

    private GenerationRequest request(Generator generator, Asked asked) {
        return new GenerationRequest(
                        generator.prompt(asked.prompt()),
                        Sampler.greedy(processor.suppressedTokens()),
                        processor.stopTokens(),
                        asked.example().maxNewTokens())
                .with(CachePolicy.NONE);
    }

    private static RecallScores.Answer answer(Asked asked, String generated) {
        RecallExample example = asked.example();
        return new RecallScores.Answer(
                asked.cell(), asked.prompt().tokens().length, example.answers(), generated, example.score(generated));
    }

    /** Progress, answer by answer. */
    private static final class AnsweredCount implements TokenListener {
        private final ProgressListener listener;
        private final long total;
        private long done;

        AnsweredCount(ProgressListener listener, long done, long total) {
            this.listener = listener;
            this.done = done;
            this.total = total;
        }

        @Override
        public void onToken(int request, int token) {
            // only whole answers count
        }

        @Override
        public void onCompletion(int request, Completion completion) {
            listener.step(++done, total);
        }
    }
}
