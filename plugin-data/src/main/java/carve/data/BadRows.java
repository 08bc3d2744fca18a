package carve.data;

import carve.api.config.SettingsException;
import carve.api.data.SkippedSamples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects the rows that cannot be used. */
final class BadRows {
    private static final int SHOWN = 20;

    private final OnError onError;
    private final List<String> shown = new ArrayList<>();
    private final Map<String, SkippedSamples> skipped = new TreeMap<>();
    private long count;

    BadRows(OnError onError) {
        this.onError = onError;
    }

    /** Adds a row. */
    void add(String place, String reason) {
        String whole = reason.startsWith(place) ? reason : place + ": " + reason;
        count++;
        if (shown.size() < SHOWN) {
            shown.add(whole);
        }
        skip("cannot be used", whole);
    }

    /** Counts a row that is left out, which is no mistake. */
    void skip(String reason, String place) {
        skipped.merge(reason, SkippedSamples.NONE.and(place), (before, _) -> before.and(place));
    }

    /**
     * Refuses the data if it has bad rows that are not to be skipped.
     *
     * @throws SettingsException with the first {@value #SHOWN} of them
     */
    void requireNone(long rows) {
        if (count > 0 && onError == OnError.FAIL) {
            throw new SettingsException(
                    "data: %d of %d rows cannot be used; correct them, or set on-error = skip to leave them out\n  %s"
                            .formatted(count, rows, String.join("\n  ", shown)));
        }
    }

    /** Returns the rows that are left out, by reason. */
    Map<String, SkippedSamples> skipped() {
        return Map.copyOf(skipped);
    }
}
