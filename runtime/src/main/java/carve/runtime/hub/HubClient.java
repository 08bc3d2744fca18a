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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongConsumer;

/**
 * The download of models from the hub into its cache. What is there already, from huggingface_hub too, is not downloaded again;
 * an interrupted pull continues with the next one.
 */
public final class HubClient implements AutoCloseable {
    private static final int DOWNLOADS = 4;

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
        if (config.offline()) {
            throw new HubException(
                    "%s: HF_HUB_OFFLINE is set, so nothing is downloaded; unset it first".formatted(reference));
        }
        RepositoryListing listing = connection.listing(reference, new Retries(pause));
        FileFilter.Chosen chosen = filter.choose(reference, listing.files());
        Snapshot snapshot = new Snapshot(cache, reference, listing.commit(), config.symlinks());
        List<RemoteFile> files = new ArrayList<>(chosen.files());
        if (filter.include().isEmpty()) {
            files.addAll(shards(snapshot, listing, chosen.files()));
        }
        files.forEach(file -> RemoteFile.requirePortable(reference.repository(), file.name()));
        long bytes = download(snapshot, files, progress);
        snapshot.write(files);
        return new PullResult(snapshot.folder(), listing.commit(), files.size(), bytes, chosen.refused());
    }

    // the index is downloaded first: it names the files with the weights
    private List<RemoteFile> shards(Snapshot snapshot, RepositoryListing listing, List<RemoteFile> chosen)
            throws IOException, InterruptedException {
        Optional<RemoteFile> index = chosen.stream()
                .filter(file -> file.name().equals(Checkpoint.INDEX))
                .findFirst();
        if (index.isEmpty()) {
            return List.of();
        }
        download(snapshot, List.of(index.get()), Progress.NONE);
        Path blob = cache.blob(snapshot.reference().repository(), index.get().digest());
        Path path = Files.isRegularFile(blob) ? blob : snapshot.folder().resolve(Checkpoint.INDEX);
        List<RemoteFile> shards = new ArrayList<>();
        try {
            for (String name : ModelWeights.shards(path)) {
                shards.add(listing.files().stream()
                        .filter(file -> file.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new HubException("%s: %s names '%s', which the repository does not have"
                                .formatted(snapshot.reference(), Checkpoint.INDEX, name))));
            }
        } catch (JsonException e) {
            throw new HubException(
                    "%s: %s cannot be read: %s".formatted(snapshot.reference(), Checkpoint.INDEX, e.getMessage()), e);
        }
        return shards;
    }

    // two files of one content have one blob
    private long download(Snapshot snapshot, List<RemoteFile> files, Progress progress)
            throws IOException, InterruptedException {
        Map<BlobDigest, RemoteFile> missing = new LinkedHashMap<>();
        for (RemoteFile file : files) {
            if (!snapshot.has(file)) {
                missing.putIfAbsent(file.digest(), file);
            }
        }
        if (missing.isEmpty()) {
            return 0;
        }
        Map<RemoteFile, Long> before = new LinkedHashMap<>();
        for (RemoteFile file : missing.values()) {
            before.put(file, earlier(snapshot, file));
        }
        long total = missing.values().stream().mapToLong(RemoteFile::size).sum();
        long done = before.values().stream().mapToLong(Long::longValue).sum();
        DiskSpace.require(snapshot.reference().toString(), cache.root(), total - done);
        try (Progress.Phase phase = progress.begin("pulling " + snapshot.reference(), Progress.BYTES)) {
            ByteProgress received = new ByteProgress(phase, done, total);
            downloadAll(snapshot, before, received);
        }
        return total - done;
    }

    private long earlier(Snapshot snapshot, RemoteFile file) throws IOException {
        Path part = cache.incomplete(snapshot.reference().repository(), file.digest());
        return Files.isRegularFile(part) ? Math.min(Files.size(part), file.size()) : 0;
    }

    private void downloadAll(Snapshot snapshot, Map<RemoteFile, Long> files, LongConsumer received)
            throws IOException, InterruptedException {
        try (ExecutorService threads =
                Executors.newFixedThreadPool(DOWNLOADS, Thread.ofVirtual().factory())) {
            var downloads = new ExecutorCompletionService<RemoteFile>(threads);
            files.forEach((file, counted) -> downloads.submit(() -> {
                new BlobDownload(connection, cache, snapshot.reference(), snapshot.commit(), file, received, counted)
                        .run(new Retries(pause));
                return file;
            }));
            try {
                await(downloads, files.keySet());
            } catch (IOException | InterruptedException | RuntimeException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    private static void await(ExecutorCompletionService<RemoteFile> downloads, Collection<RemoteFile> files)
            throws IOException, InterruptedException {
        for (int i = 0; i < files.size(); i++) {
            try {
                downloads.take().get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case InterruptedException interrupted -> throw interrupted;
                    case RuntimeException failure -> throw failure;
                    default -> throw new IllegalStateException(e.getCause());
                }
            }
        }
    }

    /** Ends all requests. */
    @Override
    public void close() {
        connection.close();
    }
}
