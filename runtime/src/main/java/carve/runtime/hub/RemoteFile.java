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
     * @throws HubException if it leads out of the folder of a snapshot, or has control characters
     */
    static void requireSafe(RepositoryName repository, String name) {
        boolean plain = name.chars().noneMatch(Character::isISOControl);
        if (!plain || Arrays.stream(name.split("/", -1)).anyMatch(DOTS::contains)) {
            throw new HubException("%s: '%s' is refused as the name of a file, since it may lead to another folder"
                    .formatted(repository, name));
        }
    }

    /**
     * Checks a safe name before a file of this name is written.
     *
     * @throws HubException if it has characters that separate folders on some systems or that no file can have
     */
    static void requirePortable(RepositoryName repository, String name) {
        if (name.chars().anyMatch(c -> "\\:*?\"<>|".indexOf(c) >= 0)) {
            throw new HubException(
                    "%s: '%s' is not downloaded: not every system can have a file of this name; --exclude it"
                            .formatted(repository, name));
        }
    }
}
