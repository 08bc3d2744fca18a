package carve.data;

import carve.api.data.Dataset;
import carve.api.data.DatasetFiles;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Samples of several data sets in a given order. */
final class MixedDataset implements Dataset {
    private final List<Dataset> sets;
    private final MixOrder order;
    private final boolean repeat;

    /**
     * Makes the data set.
     *
     * @param sets what is mixed; closed with this
     * @param repeat whether an epoch ends when each set has been read, rather than when one of them has
     */
    MixedDataset(List<Dataset> sets, MixOrder order, boolean repeat) {
        this.sets = List.copyOf(sets);
        this.order = order;
        this.repeat = repeat;
    }

    @Override
    public long size() {
        LongStream sizes = IntStream.range(0, sets.size())
                .mapToLong(set -> order.positions(set, sets.get(set).size()));
        return (repeat ? sizes.max() : sizes.min()).orElseThrow();
    }

    @Override
    public Optional<Sample> sample(long position) {
        MixOrder.Place place = order.at(position);
        return sets.get(place.set()).sample(place.position());
    }

    @Override
    public String fingerprint() {
        return IntStream.range(0, sets.size())
                .mapToObj(set ->
                        "%s of %s".formatted(order.share(set), sets.get(set).fingerprint()))
                .collect(Collectors.joining(", ", "mix (repeat=%s, ".formatted(repeat), ")"));
    }

    @Override
    public DatasetFiles files() {
        return new DatasetFiles(files(true), files(false));
    }

    private List<Path> files(boolean annotations) {
        return sets.stream()
                .map(Dataset::files)
                .flatMap(files -> (annotations ? files.annotations() : files.media()).stream())
                .distinct()
                .toList();
    }

    @Override
    public Optional<Dataset> validation() {
        List<Dataset> held =
                sets.stream().flatMap(set -> set.validation().stream()).toList();
        return held.isEmpty() ? Optional.empty() : Optional.of(new JoinedDataset(held));
    }

    @Override
    public OptionalLong tokens() {
        double tokens = 0;
        for (int set = 0; set < sets.size(); set++) {
            OptionalLong its = sets.get(set).tokens();
            if (its.isEmpty()) {
                return OptionalLong.empty();
            }
            tokens +=
                    order.share(set) * size() * its.getAsLong() / sets.get(set).size();
        }
        return OptionalLong.of(Math.round(tokens));
    }

    @Override
    public Map<String, SkippedSamples> skipped() {
        return skipped(sets);
    }

    /** Returns what the sets have left out. */
    static Map<String, SkippedSamples> skipped(List<Dataset> sets) {
        Map<String, SkippedSamples> all = new TreeMap<>();
        for (int set = 0; set < sets.size(); set++) {
            String prefix = "set %d: ".formatted(set);
            sets.get(set).skipped().forEach((reason, samples) -> all.put(prefix + reason, samples));
        }
        return all;
    }

    @Override
    public void close() {
        sets.forEach(Dataset::close);
    }
}
