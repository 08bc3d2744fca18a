package carve.runtime.engine;

import java.util.List;

/**
 * The settings of a {@link Generator}.
 *
 * @param maxBatchSize the most sequences that are generated side by side
 * @param prefillChunk the most positions of a prompt in one pass
 * @param cacheMemoryBytes the most bytes of states in the prefix cache, pinned ones apart
 * @param drafts a draft model for speculative decoding, or none
 */
public record GeneratorConfig(int maxBatchSize, int prefillChunk, long cacheMemoryBytes, List<DraftModel> drafts) {
    /** 32 sequences, prompts in chunks of 2048 positions, no states in the cache but pinned ones, no draft model. */
    public static final GeneratorConfig DEFAULT = new GeneratorConfig(32, 2048, 0, List.of());

    /** Checks ranges. */
    public GeneratorConfig {
        drafts = List.copyOf(drafts);
        if (maxBatchSize < 1 || prefillChunk < 1 || cacheMemoryBytes < 0 || drafts.size() > 1) {
            throw new IllegalArgumentException(
                    ("maxBatchSize and prefillChunk must be 1 or more, cacheMemoryBytes 0 or more, drafts 1 or less;"
                                    + " found %d, %d, %d and %d")
                            .formatted(maxBatchSize, prefillChunk, cacheMemoryBytes, drafts.size()));
        }
    }

    /** Returns these settings with another batch size. */
    public GeneratorConfig withMaxBatchSize(int size) {
        return new GeneratorConfig(size, prefillChunk, cacheMemoryBytes, drafts);
    }

    /** Returns these settings with another chunk. */
    public GeneratorConfig withPrefillChunk(int chunk) {
        return new GeneratorConfig(maxBatchSize, chunk, cacheMemoryBytes, drafts);
    }

    /** Returns these settings with a draft model. */
    public GeneratorConfig with(DraftModel draft) {
        return new GeneratorConfig(maxBatchSize, prefillChunk, cacheMemoryBytes, List.of(draft));
    }
}
