package carve.api.data;

import java.util.Map;
import java.util.Optional;

/** Samples by number, so that a run can be resumed at any of them. Safe for use by several threads. */
public interface Dataset extends AutoCloseable {
    /** Returns the number of samples of one epoch. */
    long size();

    /**
     * Returns a sample; the order of each epoch is a function of the seed.
     *
     * @param position from 0, beyond the end of the first epoch too
     * @return empty if the sample is left out, because it is too long for instance
     * @throws IllegalArgumentException if the sample cannot be read; the message names it
     */
    Optional<Sample> sample(long position);

    /** Returns what the samples and their order are made of (files, settings, seed); a run resumes with the same alone. */
    String fingerprint();

    /** Returns how many different samples have been left out so far, by reason. */
    default Map<String, Long> skipped() {
        return Map.of();
    }

    @Override
    default void close() {}
}
