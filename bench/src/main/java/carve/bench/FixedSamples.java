package carve.bench;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The same samples in every epoch, so that every step has the same work.
 *
 * @param samples at least one
 */
record FixedSamples(List<Sample> samples) implements Dataset {
    @Override
    public long size() {
        return samples.size();
    }

    @Override
    public Optional<Sample> sample(long position) {
        return Optional.of(samples.get((int) (position % samples.size())));
    }

    @Override
    public String fingerprint() {
        return "%d samples of the bench".formatted(samples.size());
    }

    /** Returns the first of them. */
    FixedSamples first(int count) {
        return new FixedSamples(samples.subList(0, count));
    }

    @Override
    public OptionalLong tokens() {
        return OptionalLong.of(
                samples.stream().mapToLong(sample -> sample.tokens().length).sum());
    }
}
