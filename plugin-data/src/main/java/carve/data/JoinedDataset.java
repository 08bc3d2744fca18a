package carve.data;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * The samples of several data sets, one set after the other in each epoch.
 *
 * @param sets whoever opened them closes them
 */
record JoinedDataset(List<Dataset> sets) implements Dataset {
    /** Copies the list. */
    JoinedDataset {
        sets = List.copyOf(sets);
    }

    @Override
    public long size() {
        return sets.stream().mapToLong(Dataset::size).sum();
    }

    @Override
    public Optional<Sample> sample(long position) {
        long epoch = position / size();
        long within = position % size();
        int set = 0;
        while (within >= sets.get(set).size()) {
            within -= sets.get(set).size();
            set++;
        }
        return sets.get(set).sample(epoch * sets.get(set).size() + within);
    }

    @Override
    public String fingerprint() {
        return sets.stream().map(Dataset::fingerprint).collect(Collectors.joining(", ", "joined (", ")"));
    }

    @Override
    public OptionalLong tokens() {
        return sets.stream().allMatch(set -> set.tokens().isPresent())
                ? OptionalLong.of(
                        sets.stream().mapToLong(set -> set.tokens().getAsLong()).sum())
                : OptionalLong.empty();
    }

    @Override
    public Map<String, SkippedSamples> skipped() {
        return MixedDataset.skipped(sets);
    }
}
