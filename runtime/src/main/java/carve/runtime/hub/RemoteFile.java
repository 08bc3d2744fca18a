package carve.runtime.hub;

import java.util.Arrays;
import java.util.List;

/**
 * A file of a repository.
 *
 * @param name its path in the repository, with slashes
 * @param size its size in bytes
 * @param digest the digest of its content
 */
record RemoteFile(String name, long size, BlobDigest digest) {
    private static final List<String> DOTS = List.of("", ".", "..");

    /** Returns whether the file lies in no folder of the repository. */
    boolean isTopLevel() {
        return name.indexOf('/') < 0;
    }

    /**
     * Checks a name that a hub or a user gave before it becomes a path.
     *
     * @throws HubException if it leads out of the folder of a snapshot, or is no name on every system
     */
    static void requireSafe(RepositoryName repository, String name) {
        boolean plain = name.chars().noneMatch(c -> c < ' ' || c == 0x7f || "\\:*?\"<>|".indexOf(c) >= 0);
        if (!plain || Arrays.stream(name.split("/", -1)).anyMatch(DOTS::contains)) {
            throw new HubException("%s: '%s' is refused as the name of a file, since it may lead to another folder"
                    .formatted(repository, name));
        }
    }
}
