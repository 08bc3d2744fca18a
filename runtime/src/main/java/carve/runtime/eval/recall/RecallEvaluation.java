package carve.runtime.eval.recall;

import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.runtime.eval.CompletionProgress;
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

    /**
     * Asks for everything in the grid.
     *
     * @param progress is told of every answer
     * @throws RecallException if a task's shortest text is longer than one of the lengths
     */
    public RecallScores run(List<RecallTask> tasks, ProgressListener progress) {
        long started = System.nanoTime();
        long total = grid.examples(tasks);
        RecallExamples examples = new RecallExamples(grid, new RecallPrompts(processor, grid.chat()));
        List<RecallScores.Answer> answers = new ArrayList<>();
        for (RecallTask task : tasks) {
            for (int length : grid.lengths()) {
                CompletionProgress counted = new CompletionProgress(progress, answers.size(), total);
                answers.addAll(answers(examples.of(task, length), length, counted));
            }
        }
        return new RecallScores(answers, (System.nanoTime() - started) / 1e9);
    }

    private List<RecallScores.Answer> answers(List<RecallExamples.Asked> examples, int length, TokenListener listener) {
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

    private GenerationRequest request(Generator generator, RecallExamples.Asked asked) {
        return new GenerationRequest(
                        generator.prompt(asked.prompt()),
                        Sampler.greedy(processor.suppressedTokens()),
                        processor.stopTokens(),
                        asked.example().maxNewTokens())
                .with(CachePolicy.NONE);
    }

    private static RecallScores.Answer answer(RecallExamples.Asked asked, String generated) {
        RecallExample example = asked.example();
        return new RecallScores.Answer(
                asked.cell(), asked.prompt().tokens().length, example.answers(), generated, example.score(generated));
    }
}
