package carve.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import carve.api.stage.StageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches are a function of data, settings and position, ahead of time or not. */
final class DataLoaderTest {
    /** Samples of one repeated token, their number; each third is left out, if asked, and the fifth is broken. */
    private record Numbers(int number, boolean gaps, boolean broken) implements Dataset {
        @Override
        public long size() {
            return number;
        }

        @Override
        public Optional<Sample> sample(long position) {
            int index = (int) (position % number);
            if (broken && index == 4) {
                throw new IllegalArgumentException("sample 4 is broken");
            }
            if (gaps && index % 3 == 2) {
                return Optional.empty();
            }
            int[] tokens = new int[1 + index * 7 % 11];
            Arrays.fill(tokens, index);
            return Optional.of(new Sample(tokens, new boolean[tokens.length], Map.of()));
        }

        @Override
        public String fingerprint() {
            return "numbers";
        }

        @Override
        public Map<String, SkippedSamples> skipped() {
            return Map.of("gap", new SkippedSamples(3, List.of()));
        }
    }

    private static BatchConfig settings(int size, int bucket) {
        return new BatchConfig(size, bucket, 0, 42, 2);
    }

    private static List<Integer> rows(DataLoader.Item item) {
        return item.batch().samples().stream().map(sample -> sample.tokens()[0]).toList();
    }

    private static List<List<Integer>> take(DataLoader stream, int count) {
        List<List<Integer>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(rows(stream.next()));
        }
        return all;
    }

    @Test
    void withoutBucketsSamplesKeepTheirOrder() {
        DataLoader stream = new DataLoader(new Numbers(5, false, false), settings(2, 1), DataPosition.START);
        assertEquals(List.of(List.of(0, 1), List.of(2, 3), List.of(4, 0), List.of(1, 2)), take(stream, 4));
    }

    @Test
    void samplesThatAreLeftOutAreStepped() {
        DataLoader stream = new DataLoader(new Numbers(9, true, false), settings(2, 1), DataPosition.START);
        assertEquals(List.of(List.of(0, 1), List.of(3, 4), List.of(6, 7), List.of(0, 1)), take(stream, 4));
    }

    @Test
    void bucketsHoldTheSameSamplesSortedByLength() {
        DataLoader stream = new DataLoader(new Numbers(12, false, false), settings(2, 6), DataPosition.START);
        Map<Integer, Integer> seen = new HashMap<>();
        int padding = 0;
        for (int i = 0; i < 6; i++) {
            var batch = stream.next().batch();
            batch.samples().forEach(sample -> seen.merge(sample.tokens()[0], 1, Integer::sum));
            padding += batch.positions() * 2 - (int) batch.tokens();
        }
        assertEquals(12, seen.size());
        assertEquals(5, padding, "positions of padding");
    }

    @Test
    void bucketsAreShuffledByTheSeed() {
        Numbers data = new Numbers(64, false, false);
        var first = take(new DataLoader(data, new BatchConfig(2, 16, 0, 1, 2), DataPosition.START), 16);
        var again = take(new DataLoader(data, new BatchConfig(2, 16, 0, 1, 2), DataPosition.START), 16);
        var other = take(new DataLoader(data, new BatchConfig(2, 16, 0, 2, 2), DataPosition.START), 16);
        assertEquals(first, again);
        assertNotEquals(first, other);
    }

    @Test
    void everyPositionIsABeginning() {
        for (int bucket : new int[] {1, 4}) {
            Numbers data = new Numbers(13, true, false);
            List<List<Integer>> whole = take(new DataLoader(data, settings(3, bucket), DataPosition.START), 20);
            DataLoader stream = new DataLoader(data, settings(3, bucket), DataPosition.START);
            for (int i = 0; i < 10; i++) {
                DataPosition after = stream.next().nextPosition();
                assertEquals(
                        whole.subList(i + 1, 20),
                        take(new DataLoader(data, settings(3, bucket), after), 19 - i),
                        "bucket " + bucket + ", after " + after);
            }
        }
    }

    @Test
    void dataOfWhichNothingIsLeftIsRefused() {
        Dataset none = new Dataset() {
            @Override
            public long size() {
                return 3;
            }

            @Override
            public Optional<Sample> sample(long position) {
                return Optional.empty();
            }

            @Override
            public String fingerprint() {
                return "a.json";
            }

            @Override
            public Map<String, SkippedSamples> skipped() {
                return Map.of("longer than 5 tokens", new SkippedSamples(3, List.of("a", "b", "c")));
            }
        };
        DataLoader stream = new DataLoader(none, settings(1, 1), DataPosition.START);
        assertEquals(
                "a.json: all of 3 samples were left out: {longer than 5 tokens=3 (a, b, c)}",
                assertThrows(StageException.class, stream::next).getMessage());
    }

    @Test
    @Timeout(60)
    void aheadOfTimeIsTheSame() {
        Numbers data = new Numbers(13, true, false);
        List<List<Integer>> expected = take(new DataLoader(data, settings(3, 2), DataPosition.START), 30);
        DataLoader stream = new DataLoader(data, settings(3, 2), DataPosition.START);
        try (BatchPrefetcher ahead = new BatchPrefetcher(stream, 2)) {
            for (List<Integer> rows : expected) {
                assertEquals(rows, rows(ahead.next()));
            }
        }
    }

    @Test
    @Timeout(60)
    void brokenSamplesAreReportedInTheirTurn() {
        DataLoader stream = new DataLoader(new Numbers(9, false, true), settings(2, 1), DataPosition.START);
        try (BatchPrefetcher ahead = new BatchPrefetcher(stream, 2)) {
            ahead.next();
            ahead.next();
            assertEquals(
                    "data cannot be read: sample 4 is broken",
                    assertThrows(StageException.class, ahead::next).getMessage());
        }
    }
}
