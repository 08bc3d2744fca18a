package carve.distill;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import java.util.List;
import java.util.Optional;

/** The rows of a fixture, again and again. */
record FixtureDataSource(List<Sample> samples) implements Dataset {
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
        return "the rows of a fixture";
    }
}
