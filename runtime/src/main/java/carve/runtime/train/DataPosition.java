package carve.runtime.train;

/**
 * The position up to which a run has read its data.
 *
 * @param bucketStart the number of the first sample of the group of batches that is being taken
 * @param batchesTaken how many batches of that group were taken
 */
public record DataPosition(long bucketStart, int batchesTaken) {
    /** The beginning of the data. */
    public static final DataPosition START = new DataPosition(0, 0);
}
