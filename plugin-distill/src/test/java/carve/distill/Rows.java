package carve.distill;

import carve.api.model.Sample;
import carve.api.stage.DataSource;
import java.util.List;
import java.util.Optional;

/** The rows of a fixture, again and again. */
record Rows(List<Sample> samples) implements DataSource {
    @Override
    public long size() {
        return samples.size();
    }

    @Override
    public Optional<Sample> sample(long position) {
        return Optional.of(samples.get((int) (position % samples.size())));
    }

    @Override
    public String identity() {
        return "the rows of a fixture";
    }
}
