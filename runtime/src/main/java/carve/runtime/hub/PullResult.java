package carve.runtime.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * The result of a pull.
 *
 * @param folder the folder of the snapshot
 * @param commit its commit
 * @param files how many files were asked for
 * @param downloaded how many bytes were missing and have been downloaded
 * @param refused pickle files that were asked for and are left out
 */
public record PullResult(Path folder, String commit, int files, long downloaded, List<String> refused) {
    /** Copies the list. */
    public PullResult {
        refused = List.copyOf(refused);
    }
}
