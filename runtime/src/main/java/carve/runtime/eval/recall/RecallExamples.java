package carve.runtime.eval.recall;

import carve.api.data.Sample;
import carve.api.param.CounterRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * The examples of a grid.
 *
 * @param grid the grid
 * @param prompts makes their prompts
 */
record RecallExamples(RecallGrid grid, RecallPrompts prompts) {
    /** An example with its place in the grid. */
    record Asked(RecallScores.Cell cell, RecallExample example, Sample prompt) {}

    /** Returns the examples of a task at a length, at each of its depths. */
    List<Asked> of(RecallTask task, int length) {
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
}
