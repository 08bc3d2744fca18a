package carve.data;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.DatasetFiles;
import carve.api.data.EpochSampler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Files of documents that are opened as a data set.
 *
 * @param kind the name of the provider
 * @param config the settings
 * @param encoder makes tokens of documents
 * @param context what else it is opened with
 */
record Corpus(String kind, DataConfig config, DocumentEncoder encoder, DatasetContext context) {
    /**
     * Opens it.
     *
     * @throws SettingsException if rows cannot be used, or make no row of tokens
     */
    Dataset open() {
        List<TokenStore> stores = new ArrayList<>();
        try {
            TokenStore store = store(config.files(), stores);
            BitSet held = ValidationSplit.choose(store, config, context.seed());
            Optional<Dataset> validation = switch (config.validation()) {
                case Validation.None _ -> Optional.empty();
                case Validation.Held files -> Optional.of(validation(store(files.files(), stores), _ -> true));
                case Validation.Share _, Validation.Rows _ -> Optional.of(validation(store, held::get));
            };
            RowIndex rows = rows(store, document -> !held.get(document), "to train on");
            return dataset(store, rows, config.shuffle(), validation, stores);
        } catch (SettingsException e) {
            stores.forEach(TokenStore::close);
            throw e;
        }
    }

    private TokenStore store(List<DataFile> files, List<TokenStore> stores) {
        TokenCache cache = new TokenCache(config.cache(), config.onError(), context.phases());
        TokenStore store = cache.open(files, encoder, context.processor().digest());
        stores.add(store);
        return store;
    }

    private Dataset validation(TokenStore store, IntPredicate wanted) {
        return dataset(store, rows(store, wanted, "for validation"), false, Optional.empty(), List.of());
    }

    private RowIndex rows(TokenStore store, IntPredicate wanted, String purpose) {
        RowIndex rows = new RowMaker(store, config.packing(), config.maxLength(), config.overlong()).make(wanted);
        if (rows.rows() == 0) {
            throw new SettingsException("data: no rows %s: %d documents of %s%s"
                    .formatted(
                            purpose,
                            store.documents(),
                            config.rowSettings(),
                            rows.skipped().isEmpty() ? "" : "; left out: " + rows.skipped()));
        }
        return rows;
    }

    private Dataset dataset(
            TokenStore store, RowIndex rows, boolean shuffle, Optional<Dataset> validation, List<TokenStore> owned) {
        boolean separate = config.packing() != Packing.CONCATENATE || config.reset();
        EpochSampler order = new EpochSampler(Math.toIntExact(rows.rows()), shuffle, context.seed());
        return new TokenDataset(store, rows, separate, order, description(), validation, owned);
    }

    private TokenDataset.Description description() {
        List<DataFile> held = config.validation() instanceof Validation.Held files ? files.files() : List.of();
        List<Path> files = Stream.concat(config.files().stream(), held.stream())
                .map(DataFile::path)
                .toList();
        return new TokenDataset.Description(
                "%s (%s, %s, seed %d)".formatted(kind, encoder.settings(), config.rowSettings(), context.seed()),
                new DatasetFiles(files, List.of()));
    }
}
