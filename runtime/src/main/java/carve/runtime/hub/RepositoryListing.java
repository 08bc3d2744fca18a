package carve.runtime.hub;

import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The files of a repository at a commit.
 *
 * @param commit the commit, 40 hexadecimal digits
 * @param files the files
 */
record RepositoryListing(String commit, List<RemoteFile> files) {
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    RepositoryListing {
        files = List.copyOf(files);
    }

    /** Returns the file of a name. */
    Optional<RemoteFile> file(String name) {
        return files.stream().filter(file -> file.name().equals(name)).findFirst();
    }

    /** Returns whether a revision is a commit in full. */
    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /**
     * Reads the hub's answer to {@code /api/models/ORG/NAME/revision/REVISION?blobs=true}.
     *
     * @throws HubException if it lacks the commit, sizes or digests, or names a file that no repository can have
     */
    static RepositoryListing of(RepositoryName repository, JsonObject answer) {
        try {
            String commit = answer.string("sha");
            if (!isCommit(commit)) {
                throw answer.error("sha", "is not a commit: " + commit);
            }
            List<RemoteFile> files = new ArrayList<>();
            for (JsonValue file : answer.array("siblings").items()) {
                if (!(file instanceof JsonObject object)) {
                    throw answer.error("siblings", "must be a list of objects");
                }
                files.add(file(repository, object));
            }
            requireDistinct(repository, files);
            return new RepositoryListing(commit, files);
        } catch (JsonException e) {
            throw new HubException(
                    "%s: the hub's list of files cannot be read: %s; if HF_ENDPOINT is a mirror, it may not be complete"
                            .formatted(repository, e.getMessage()),
                    e);
        }
    }

    private static RemoteFile file(RepositoryName repository, JsonObject file) {
        String name = file.string("rfilename");
        RemoteFile.requireSafe(repository, name);
        long size = file.longInteger("size");
        String digest = file.optionalObject("lfs")
                .map(lfs -> lfs.string("sha256"))
                .orElseGet(() -> file.string("blobId"))
                .toLowerCase(Locale.ROOT);
        if (size < 0 || !BlobDigest.isDigest(digest)) {
            throw new HubException(
                    "%s: the hub lists '%s' with %d bytes and digest '%s'; expected SHA-256 or git's SHA-1"
                            .formatted(repository, name, size, digest));
        }
        return new RemoteFile(name, size, new BlobDigest(digest));
    }

    private static void requireDistinct(RepositoryName repository, List<RemoteFile> files) {
        Set<String> names = new HashSet<>();
        for (RemoteFile file : files) {
            if (!names.add(file.name())) {
                throw new HubException("%s: the hub lists '%s' twice".formatted(repository, file.name()));
            }
        }
    }
}
