package carve.data;

import carve.api.data.Dataset;
import carve.api.data.DatasetFiles;
import carve.api.data.EpochSampler;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Rows of tokens as samples. What is asked for is made anew each time: nothing is kept in the heap but the order. */
final class TokenDataset implements Dataset {
    /**
     * The names of a data set and of its files.
     *
     * @param fingerprint the settings and the seed
     * @param files the files
     */
    record Description(String fingerprint, DatasetFiles files) {}

    private final TokenStore store;
    private final RowIndex rows;
    private final boolean separate;
    private final EpochSampler order;
    private final Description description;
    private final List<Dataset> validation;
    private final List<TokenStore> owned;

    /**
     * Makes the data set.
     *
     * @param separate whether the documents of a row do not see each other
     * @param order of the rows in each epoch
     * @param validation the samples that are held back, if any; closed with this
     * @param owned the stores that are closed with this
     */
    TokenDataset(
            TokenStore store,
            RowIndex rows,
            boolean separate,
            EpochSampler order,
            Description description,
            Optional<Dataset> validation,
            List<TokenStore> owned) {
        this.store = store;
        this.rows = rows;
        this.separate = separate;
        this.order = order;
        this.description = description;
        this.validation = validation.stream().toList();
        this.owned = List.copyOf(owned);
    }

    @Override
    public long size() {
        return rows.rows();
    }

    @Override
    public Optional<Sample> sample(long position) {
        int row = order.index(position);
        long first = rows.first(row);
        int pieces = (int) (rows.first(row + 1L) - first);
        int[] starts = new int[pieces];
        int length = 0;
        for (int i = 0; i < pieces; i++) {
            starts[i] = length;
            length += rows.length(first + i);
        }
        int[] tokens = new int[length];
        float[] weights = new float[store.isWeighted() ? length : 0];
        for (int i = 0; i < pieces; i++) {
            copy(first + i, tokens, weights, starts[i]);
        }
        return Optional.of(new Sample(
                tokens, lossMask(length, weights), Map.of(), weights, separate && pieces > 1 ? starts : new int[0]));
    }

    private void copy(long piece, int[] tokens, float[] weights, int at) {
        store.tokens(rows.start(piece), tokens, at, rows.length(piece));
        if (weights.length > 0) {
            store.weights(rows.start(piece), weights, at, rows.length(piece));
        }
    }

    private static boolean[] lossMask(int length, float[] weights) {
        boolean[] mask = new boolean[length];
        if (weights.length == 0) {
            Arrays.fill(mask, true);
        }
        for (int t = 0; t < weights.length; t++) {
            mask[t] = weights[t] > 0;
        }
        return mask;
    }

    @Override
    public String fingerprint() {
        return description.fingerprint();
    }

    @Override
    public DatasetFiles files() {
        return description.files();
    }

    @Override
    public Optional<Dataset> validation() {
        return validation.stream().findFirst();
    }

    @Override
    public OptionalLong tokens() {
        return OptionalLong.of(rows.tokens());
    }

    @Override
    public Map<String, SkippedSamples> skipped() {
        Map<String, SkippedSamples> all = new TreeMap<>(store.skipped());
        all.putAll(rows.skipped());
        return all;
    }

    @Override
    public void close() {
        validation.forEach(Dataset::close);
        owned.forEach(TokenStore::close);
    }
}
