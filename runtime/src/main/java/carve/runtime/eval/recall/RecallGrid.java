package carve.runtime.eval.recall;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The lengths and depths at which a model is asked.
 *
 * @param lengths the most tokens of a prompt with its answer, each
 * @param depths where answers stand, for tasks that have a depth; {@link Depth#RANDOM} alone to leave it to chance
 * @param samples how many examples are asked at each length and depth
 * @param seed of the examples
 * @param batchSize the most examples that are answered side by side
 * @param chat whether the question is a message of a conversation, by the model's chat template; else the model continues the text
 */
public record RecallGrid(
        List<Integer> lengths, List<Depth> depths, int samples, long seed, int batchSize, boolean chat) {
    /** Copies the lists and checks the ranges. */
    public RecallGrid {
        lengths = List.copyOf(lengths);
        depths = List.copyOf(depths);
        if (lengths.isEmpty() || depths.isEmpty() || samples < 1 || batchSize < 1) {
            throw new IllegalArgumentException(
                    "a recall grid needs a length, a depth, 1 sample and a batch size of 1 or more; found %s, %s, %d, %d"
                            .formatted(lengths, depths, samples, batchSize));
        }
    }

    /** Returns the grid of lengths with random depths, for models that continue texts. */
    public static RecallGrid of(List<Integer> lengths, int samples, long seed, int batchSize) {
        return new RecallGrid(lengths, List.of(Depth.RANDOM), samples, seed, batchSize, false);
    }

    /** Returns this grid with a number of depths, from the beginning to the end of the text; one is its middle. */
    public RecallGrid withDepths(int count) {
        List<Depth> even = count == 1
                ? List.of(new Depth.At(0.5))
                : IntStream.range(0, count)
                        .<Depth>mapToObj(i -> new Depth.At(i / (count - 1.0)))
                        .toList();
        return new RecallGrid(lengths, even, samples, seed, batchSize, chat);
    }

    /** Returns the depths at which a task is asked. */
    List<Depth> depths(RecallTask task) {
        return task.hasDepth() ? depths : List.of(Depth.RANDOM);
    }

    /** Returns how many examples of some tasks there are. */
    public long examples(List<RecallTask> tasks) {
        return tasks.stream()
                .mapToLong(
                        task -> (long) samples * lengths.size() * depths(task).size())
                .sum();
    }
}
