package carve.distill;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.data.Sample;
import carve.api.param.CounterRandom;
import carve.api.text.Processor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A factory of 10 samples of 5 random tokens each, which know their number of tokens if {@code counted} is set. */
final class TokenRows implements DatasetProvider {
    private static final int ROWS = 10;
    private static final int LENGTH = 5;
    private static final int VOCABULARY = 64;

    @Override
    public String name() {
        return "token-rows";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        boolean counted = settings.flag("counted");
        boolean readable = settings.flag("readable");
        return new Dataset() {
            @Override
            public long size() {
                return ROWS;
            }

            @Override
            public Optional<Sample> sample(long position) {
                if (!readable) {
                    throw new IllegalArgumentException("rows.txt: line 1: no tokens");
                }
                CounterRandom random = new CounterRandom(seed, "row " + position % ROWS);
                int[] tokens = new int[LENGTH];
                Arrays.setAll(tokens, t -> random.below(t, VOCABULARY));
                boolean[] mask = new boolean[LENGTH];
                Arrays.fill(mask, true);
                return Optional.of(new Sample(tokens, mask, Map.of()));
            }

            @Override
            public String fingerprint() {
                return "token rows, seed " + seed;
            }

            @Override
            public OptionalLong tokens() {
                return counted ? OptionalLong.of(ROWS * LENGTH) : OptionalLong.empty();
            }
        };
    }
}
