package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.param.CounterRandom;
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
final class DataLoader {
    /** A batch, and the position of the one after it. */
    record Item(Batch batch, DataPosition nextPosition) {}

    private final Dataset data;
    private final BatchConfig settings;
    private final Deque<Batch> bucket = new ArrayDeque<>();
    private long bucketStart;
    private long next;
    private int batchesTaken;

    DataLoader(Dataset data, BatchConfig settings, DataPosition from) {
        this.data = data;
        this.settings = settings;
        this.bucketStart = from.bucketStart();
        this.next = from.bucketStart();
        if (from.batchesTaken() > 0) {
            fillBucket();
            for (int i = 0; i < from.batchesTaken(); i++) {
                bucket.remove();
            }
            batchesTaken = from.batchesTaken();
        }
    }

    Item next() {
        if (bucket.isEmpty()) {
            bucketStart = next;
            batchesTaken = 0;
            fillBucket();
        }
        Batch batch = bucket.remove();
        batchesTaken++;
        return new Item(
                batch, bucket.isEmpty() ? new DataPosition(next, 0) : new DataPosition(bucketStart, batchesTaken));
    }

    private void fillBucket() {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < settings.batchSize() * settings.bucketBatches(); i++) {
            samples.add(sample());
        }
        if (settings.bucketBatches() > 1) {
            samples.sort(Comparator.comparingInt(sample -> sample.tokens().length));
        }
        for (int i : shuffledBatches()) {
            List<Sample> rows = samples.subList(i * settings.batchSize(), (i + 1) * settings.batchSize());
            bucket.add(Batch.of(rows, settings.paddingToken()));
        }
    }

    private List<Integer> shuffledBatches() {
        CounterRandom random = new CounterRandom(settings.seed(), "batches from " + bucketStart);
        return IntStream.range(0, settings.bucketBatches())
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
                "%s: all of %d samples were left out: %s".formatted(data.fingerprint(), data.size(), data.skipped()));
    }
}
