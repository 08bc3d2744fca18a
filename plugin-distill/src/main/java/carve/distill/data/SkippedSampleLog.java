package carve.distill.data;

import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The samples of a file that were left out, each counted once; the first of each reason is logged. Not safe for several threads. */
final class SkippedSampleLog {
    private static final System.Logger LOG = System.getLogger(SkippedSampleLog.class.getName());

    private final Path file;
    private final Set<Integer> indices = new HashSet<>();
    private final Map<String, SkippedSamples> reasons = new TreeMap<>();

    SkippedSampleLog(Path file) {
        this.file = file;
    }

    /** Returns whether the sample with this number was left out before. */
    boolean contains(int index) {
        return indices.contains(index);
    }

    /**
     * Counts a sample.
     *
     * @param name what reports call it
     * @return empty, for a data set that has no sample here
     */
    Optional<Sample> add(int index, String reason, String name) {
        SkippedSamples before = reasons.getOrDefault(reason, SkippedSamples.NONE);
        if (before.count() == 0) {
            LOG.log(
                    Level.WARNING,
                    "{0}: skipping {2} ({1}); further samples skipped for this reason are only counted",
                    file,
                    reason,
                    name);
        }
        if (indices.add(index)) {
            reasons.put(reason, before.and(name));
        }
        return Optional.empty();
    }

    /** Returns the samples that were left out, by reason. */
    Map<String, SkippedSamples> byReason() {
        return Map.copyOf(reasons);
    }
}
