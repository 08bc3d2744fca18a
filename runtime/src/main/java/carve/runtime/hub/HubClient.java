package carve.runtime.hub;

import carve.api.json.JsonException;
import carve.runtime.progress.Progress;
import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The download of models from the hub into its cache. What is there already, from huggingface_hub too, is not downloaded again;
 * an interrupted pull continues with the next one.
 */
public final class HubClient implements AutoCloseable {
    private final HubConfig config;
    private final HubCache cache;
    private final HubConnection connection;
    private final Retries.Pause pause;

    HubClient(HubConfig config, Retries.Pause pause) {
        this.config = config;
        this.cache = new HubCache(config.cache());
        this.connection = new HubConnection(config);
        this.pause = pause;
    }

    /** Opens a client; nothing is sent before something is pulled. */
    public static HubClient open(HubConfig config) {
        return new HubClient(config, Thread::sleep);
    }

    /**
     * Downloads a model.
     *
     * @param reference the model, without a file
     * @param filter which files
     * @param progress is told of bytes
     * @throws HubException if there is no such model, it is not open to the user, it has none of the files, the disk is too
     *     small, the network is not to be used, or a file is not what the hub lists
     * @throws IOException if the free space of the disk cannot be read
     * @throws InterruptedException if the thread is interrupted
     */
    public PullResult pull(HubReference reference, FileFilter filter, Progress progress)
            throws IOException, InterruptedException {
        if (config.offline()) {
            throw new HubException(
                    "%s: HF_HUB_OFFLINE is set, so nothing is downloaded; unset it first".formatted(reference));
        }
        try {
            return pullOnline(reference, filter, progress);
        } catch (FileSystemException e) {
            throw new HubException(
                    "%s: cannot be read or written: %s"
                            .formatted(e.getFile(), e.getReason() == null ? reason(e) : e.getReason()),
                    e);
        }
    }

    private static String reason(FileSystemException e) {
        return e instanceof AccessDeniedException
                ? "permission denied"
                : e.getClass().getSimpleName();
    }

    private PullResult pullOnline(HubReference reference, FileFilter filter, Progress progress)
            throws IOException, InterruptedException {
        RepositoryListing listing = connection.listing(reference, new Retries(pause));
        FileFilter.Chosen chosen = filter.choose(reference, listing.files());
        chosen.files().forEach(file -> RemoteFile.requirePortable(reference.repository(), file.name()));
        Snapshot snapshot = new Snapshot(cache, reference, listing.commit(), config.symlinks());
        Downloads downloads = new Downloads(connection, snapshot, pause);
        List<RemoteFile> files = new ArrayList<>(chosen.files());
        Optional<RemoteFile> index = files.stream()
                .filter(file -> file.name().equals(Checkpoint.INDEX))
                .filter(_ -> filter.include().isEmpty())
                .findFirst();
        long bytes = 0;
        if (index.isPresent()) {
            // it names the files with the weights
            bytes = downloads.run(List.of(index.get()), Progress.NONE);
            files.addAll(shards(snapshot, index.get(), listing));
        }
        bytes += downloads.run(files, progress);
        snapshot.write(files);
        return new PullResult(snapshot.folder(), listing.commit(), files.size(), bytes, chosen.refused());
    }

    private List<RemoteFile> shards(Snapshot snapshot, RemoteFile index, RepositoryListing listing) {
        Path blob = cache.blob(snapshot.reference().repository(), index.digest());
        Path path = Files.isRegularFile(blob) ? blob : snapshot.folder().resolve(index.name());
        try {
            return ModelWeights.shards(path).stream()
                    .map(name -> listing.file(name)
                            .orElseThrow(() -> new HubException("%s: %s names '%s', which the repository does not have"
                                    .formatted(snapshot.reference(), index.name(), name))))
                    .toList();
        } catch (JsonException e) {
            throw new HubException(
                    "%s: %s cannot be read: %s".formatted(snapshot.reference(), index.name(), e.getMessage()), e);
        }
    }

    /** Ends all requests. */
    @Override
    public void close() {
        connection.close();
    }
}
