package carve.distill.training;

/**
 * How far a run has read its data.
 *
 * @param start the number of the first sample of the group of batches that is being taken
 * @param taken how many batches of that group were taken
 */
public record DataPosition(long start, int taken) {
    /** The beginning of the data. */
    public static final DataPosition BEGIN = new DataPosition(0, 0);
}
