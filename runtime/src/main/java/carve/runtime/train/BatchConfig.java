package carve.runtime.train;

/**
 * The settings by which samples become batches.
 *
 * @param batchSize rows in a batch
 * @param bucketBatches batches that are read together and sorted by length; 1 leaves samples in the order of the data
 * @param paddingToken the token id that fills rows
 * @param seed of the order of batches within a bucket
 * @param prefetchBatches batches that are prepared ahead of the step that needs them
 */
public record BatchConfig(int batchSize, int bucketBatches, int paddingToken, long seed, int prefetchBatches) {}
