package carve.distill.training;

/**
 * How samples become batches.
 *
 * @param size rows in a batch
 * @param bucket batches that are read together and sorted by length; 1 leaves samples in the order of the data
 * @param padding the token id that fills rows
 * @param seed of the order of batches within a bucket
 * @param prefetch batches that are prepared ahead of the step that needs them
 */
public record BatchSettings(int size, int bucket, int padding, long seed, int prefetch) {}
