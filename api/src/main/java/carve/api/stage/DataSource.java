package carve.api.stage;

import carve.api.model.Sample;

/** Samples by number, so that a run can be resumed at any of them. Safe for use by several threads. */
public interface DataSource extends AutoCloseable {
    /** Returns the number of samples of one epoch. */
    long size();

    /**
     * Returns a sample; the order of each epoch is a function of the seed.
     *
     * @param position from 0, beyond the end of the first epoch too
     * @throws IllegalArgumentException if the sample cannot be read; the message names it
     */
    Sample sample(long position);

    @Override
    default void close() {}
}
