package carve.data;

import carve.api.config.SettingsException;
import carve.api.data.EpochSampler;
import java.util.BitSet;

/** The choice of documents that are held back: the first ones of a random order, until they are enough. */
final class ValidationSplit {
    private ValidationSplit() {}

    /**
     * Returns the documents that are held back, a function of seed and documents.
     *
     * @throws SettingsException if none would be left to train on
     */
    static BitSet choose(TokenStore store, DataConfig config, long seed) {
        BitSet held = new BitSet(store.documents());
        double wanted = wanted(store, config);
        EpochSampler order = new EpochSampler(store.documents(), true, seed);
        double got = 0;
        for (int i = 0; i < store.documents() && got < wanted; i++) {
            int document = order.index(i);
            held.set(document);
            got += worth(store, config, document);
        }
        if (held.cardinality() == store.documents() && wanted > 0) {
            throw new SettingsException(
                    ("data: validation = %s takes all of %d documents, and none is left to train on; take less, give files of"
                                    + " their own, or divide plain files with split = paragraphs or lines")
                            .formatted(describe(config.validation()), store.documents()));
        }
        return held;
    }

    private static String describe(Validation validation) {
        return switch (validation) {
            case Validation.None _ -> "none";
            case Validation.Share share -> "%s%%".formatted(100 * share.share());
            case Validation.Rows rows -> String.valueOf(rows.rows());
            case Validation.Held held -> held.files().toString();
        };
    }

    private static double wanted(TokenStore store, DataConfig config) {
        return switch (config.validation()) {
            case Validation.None _, Validation.Held _ -> 0;
            case Validation.Share share -> {
                double all = 0;
                for (int document = 0; document < store.documents(); document++) {
                    all += worth(store, config, document);
                }
                yield share.share() * all;
            }
            case Validation.Rows rows -> rows.rows();
        };
    }

    // in rows
    private static double worth(TokenStore store, DataConfig config, int document) {
        long length = store.end(document) - store.start(document);
        return config.packing() == Packing.NONE ? 1 : (double) length / config.maxLength();
    }
}
