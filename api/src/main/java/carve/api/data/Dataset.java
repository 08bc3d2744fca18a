package carve.api.data;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

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

    /**
     * Returns the settings that the samples and their order depend on, seed included; a run resumes with the same alone. The
     * contents of files are not part of it, see {@link #files}.
     */
    String fingerprint();

    /** Returns the files that samples are made of; none unless overridden. */
    default DatasetFiles files() {
        return DatasetFiles.NONE;
    }

    /** Returns the samples that are held back from training to measure it; empty if none are. Closing this closes it. */
    default Optional<Dataset> validation() {
        return Optional.empty();
    }

    /** Returns the number of tokens of one epoch; empty if it is not known before samples are made. */
    default OptionalLong tokens() {
        return OptionalLong.empty();
    }

    /** Returns the different samples that have been left out so far, by reason. */
    default Map<String, SkippedSamples> skipped() {
        return Map.of();
    }

    @Override
    default void close() {}
}
