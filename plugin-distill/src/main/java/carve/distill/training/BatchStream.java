package carve.distill.training;

import carve.api.model.Sample;
import carve.api.param.CounterRandom;
import carve.api.stage.Batch;
import carve.api.stage.DataSource;
import carve.api.stage.StageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The batches of a run in order: a pure function of data, settings and position. Confined to one thread.
 *
 * <p>A group of batches is read at once; with more than one batch in a group, its samples are sorted by length, so that
 * little is padded, and its batches shuffled.
 */
final class BatchStream {
    /** A batch, and the position of the one after it. */
    record Item(Batch batch, DataPosition after) {}

    private final DataSource data;
    private final BatchSettings settings;
    private final Deque<Batch> group = new ArrayDeque<>();
    private long start;
    private long next;
    private int taken;

    BatchStream(DataSource data, BatchSettings settings, DataPosition from) {
        this.data = data;
        this.settings = settings;
        this.start = from.start();
        this.next = from.start();
        if (from.taken() > 0) {
            fill();
            for (int i = 0; i < from.taken(); i++) {
                group.remove();
            }
            taken = from.taken();
        }
    }

    Item next() {
        if (group.isEmpty()) {
            start = next;
            taken = 0;
            fill();
        }
        Batch batch = group.remove();
        taken++;
        return new Item(batch, group.isEmpty() ? new DataPosition(next, 0) : new DataPosition(start, taken));
    }

    private void fill() {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < settings.size() * settings.bucket(); i++) {
            samples.add(sample());
        }
        if (settings.bucket() > 1) {
            samples.sort(Comparator.comparingInt(sample -> sample.tokens().length));
        }
        for (int i : order()) {
            List<Sample> rows = samples.subList(i * settings.size(), (i + 1) * settings.size());
            group.add(Batch.of(rows, settings.padding()));
        }
    }

    private List<Integer> order() {
        CounterRandom random = new CounterRandom(settings.seed(), "batches from " + start);
        return IntStream.range(0, settings.bucket())
                .boxed()
                .sorted(Comparator.comparingLong((Integer i) -> random.bits(i)))
                .toList();
    }

    private Sample sample() {
        for (long misses = 0; misses <= data.size(); misses++) {
            Optional<Sample> sample = data.sample(next++);
            if (sample.isPresent()) {
                return sample.get();
            }
        }
        throw new StageException(
                "%s: all of %d samples were left out: %s".formatted(data.identity(), data.size(), data.leftOut()));
    }
}
