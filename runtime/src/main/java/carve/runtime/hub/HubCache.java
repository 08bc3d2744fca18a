package carve.runtime.hub;

import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The cache of the hub in the layout of huggingface_hub, which uses the same files.
 *
 * <pre>{@code
 * models--ORG--NAME/
 *   blobs/DIGEST                      the content of a file, see BlobDigest
 *   blobs/DIGEST.carve.incomplete     the first part of it, where a download was interrupted
 *   refs/REVISION                     the commit of a branch or tag, in text
 *   snapshots/COMMIT/FILE             a relative link to the blob; a copy where links are not possible
 * .locks/models--ORG--NAME/DIGEST.lock    locked while a blob is downloaded
 * }</pre>
 *
 * <p>Files of a snapshot are linked after all of its blobs have been downloaded and checked, {@code config.json} last, and the
 * reference is written after that: what was interrupted is not taken for a model. Interrupted downloads have a name that
 * huggingface_hub does not use, since its locks are of another kind ({@code flock}) and do not exclude those of Java.
 *
 * @param root the folder of the cache
 */
public record HubCache(Path root) {
    private static final String INCOMPLETE = ".carve.incomplete";

    /**
     * Returns the path of a model as it is opened: the path itself, or, where it is a {@linkplain HubReference reference}, the
     * folder or file in the cache of this process.
     *
     * @throws HubException if it is a reference to what has not been pulled
     */
    public static Path resolve(Path model) {
        return HubReference.isReference(model.toString())
                ? new HubCache(HubConfig.cache(System.getenv())).path(HubReference.parse(model.toString()))
                : model;
    }

    /**
     * Returns the folder of a model, or its GGUF file.
     *
     * @throws HubException if it has not been pulled, a file of it is missing, or it has several GGUF files and none is named
     */
    public Path path(HubReference reference) {
        Path snapshot = commit(reference)
                .map(commit -> snapshot(reference.repository(), commit))
                .filter(Files::isDirectory)
                .orElseThrow(() -> new HubException("%s is not in %s; `carve pull %s` downloads it"
                        .formatted(HubReference.PREFIX + reference, root, reference.model())));
        if (!reference.file().isEmpty()) {
            return file(reference, snapshot);
        }
        List<Path> ggufs = ggufs(snapshot);
        boolean folder = Files.isRegularFile(snapshot.resolve(Checkpoint.CONFIG));
        if (ggufs.isEmpty() || (folder && ModelWeights.areIn(snapshot))) {
            requireComplete(reference, snapshot);
            return snapshot;
        }
        if (ggufs.size() > 1) {
            throw new HubException("%s has %d GGUF files; name one: %s"
                    .formatted(
                            HubReference.PREFIX + reference,
                            ggufs.size(),
                            ggufs.stream()
                                    .map(file -> HubReference.PREFIX + reference.with(name(snapshot, file)))
                                    .collect(Collectors.joining(", "))));
        }
        return ggufs.getFirst();
    }

    private Path file(HubReference reference, Path snapshot) {
        Path file = snapshot.resolve(reference.file());
        if (!Files.isRegularFile(file)) {
            throw new HubException("%s is not in %s; `carve pull %s --include '%s'` downloads it"
                    .formatted(HubReference.PREFIX + reference, root, reference.model(), reference.file()));
        }
        return file;
    }

    private void requireComplete(HubReference reference, Path snapshot) {
        ModelWeights.missingShards(snapshot).stream().findFirst().ifPresent(shard -> {
            throw new HubException(
                    "%s is not complete in %s: '%s' is missing; `carve pull %s` downloads what is missing"
                            .formatted(HubReference.PREFIX + reference, root, shard, reference.model()));
        });
    }

    // parts of a split file after the first are found by their names
    private static List<Path> ggufs(Path snapshot) {
        try (Stream<Path> files = Files.walk(snapshot)) {
            return files.filter(file -> GgufFiles.isModel(name(snapshot, file)))
                    .filter(file -> GgufFiles.isFirstPart(name(snapshot, file)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path snapshot, Path file) {
        return snapshot.relativize(file).toString().replace('\\', '/');
    }

    /** Returns the commit of a revision as it was last pulled. */
    Optional<String> commit(HubReference reference) {
        if (RepositoryListing.isCommit(reference.revision())) {
            return Optional.of(reference.revision());
        }
        Path ref = ref(reference);
        try {
            return Files.isRegularFile(ref)
                    ? Optional.of(Files.readString(ref, StandardCharsets.US_ASCII)
                                    .strip())
                            .filter(RepositoryListing::isCommit)
                    : Optional.empty();
        } catch (IOException e) {
            throw new HubException("%s: cannot be read: %s".formatted(ref, e.getMessage()), e);
        }
    }

    Path repository(RepositoryName name) {
        return root.resolve(name.folder());
    }

    Path snapshot(RepositoryName name, String commit) {
        return repository(name).resolve("snapshots").resolve(commit);
    }

    Path ref(HubReference reference) {
        return repository(reference.repository()).resolve("refs").resolve(reference.revision());
    }

    Path blob(RepositoryName name, BlobDigest digest) {
        return repository(name).resolve("blobs").resolve(digest.hex());
    }

    Path incomplete(RepositoryName name, BlobDigest digest) {
        return repository(name).resolve("blobs").resolve(digest.hex() + INCOMPLETE);
    }

    Path lock(RepositoryName name, BlobDigest digest) {
        return root.resolve(".locks").resolve(name.folder()).resolve(digest.hex() + ".lock");
    }
}
