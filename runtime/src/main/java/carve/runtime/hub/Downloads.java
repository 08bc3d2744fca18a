package carve.runtime.hub;

import carve.runtime.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongConsumer;

/**
 * The downloads of the blobs that a snapshot lacks, several at once.
 *
 * @param connection the hub
 * @param snapshot the snapshot, whose files are not made here
 * @param pause how to wait between requests
 */
record Downloads(HubConnection connection, Snapshot snapshot, Retries.Pause pause) {
    private static final int AT_ONCE = 4;

    /**
     * Downloads what is missing. Where one download fails, the others are stopped.
     *
     * @return how many bytes were missing
     * @throws HubException if a download fails, or the disk has no room for all
     * @throws IOException if the cache cannot be read or written
     */
    long run(List<RemoteFile> files, Progress progress) throws IOException, InterruptedException {
        Map<RemoteFile, Long> missing = missing(files);
        if (missing.isEmpty()) {
            return 0;
        }
        long total = missing.keySet().stream().mapToLong(RemoteFile::size).sum();
        long done = missing.values().stream().mapToLong(Long::longValue).sum();
        String name = snapshot.reference().toString();
        DiskSpace.require(name, snapshot.cache().root(), total - done);
        try (Progress.Phase phase = progress.begin("pulling " + name, Progress.BYTES)) {
            return download(missing, new ByteProgress(phase, done, total));
        }
    }

    // with the bytes that an earlier download left; two files of one content have one blob
    private Map<RemoteFile, Long> missing(List<RemoteFile> files) throws IOException {
        Map<BlobDigest, RemoteFile> blobs = new LinkedHashMap<>();
        for (RemoteFile file : files) {
            if (!snapshot.has(file)) {
                blobs.putIfAbsent(file.digest(), file);
            }
        }
        Map<RemoteFile, Long> missing = new LinkedHashMap<>();
        for (RemoteFile file : blobs.values()) {
            Path part = snapshot.cache().incomplete(snapshot.reference().repository(), file.digest());
            missing.put(file, Files.isRegularFile(part) ? Math.min(Files.size(part), file.size()) : 0);
        }
        return missing;
    }

    private long download(Map<RemoteFile, Long> files, LongConsumer received) throws IOException, InterruptedException {
        try (ExecutorService threads =
                Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
            var downloads = new ExecutorCompletionService<Long>(threads);
            files.forEach((file, counted) -> downloads.submit(
                    () -> new BlobDownload(connection, snapshot, file, received, counted).run(new Retries(pause))));
            try {
                return await(downloads, files.size());
            } catch (IOException | InterruptedException | RuntimeException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    private static long await(ExecutorCompletionService<Long> downloads, int count)
            throws IOException, InterruptedException {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            try {
                bytes += downloads.take().get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case InterruptedException interrupted -> throw interrupted;
                    case RuntimeException failure -> throw failure;
                    default -> throw new IllegalStateException(e.getCause());
                }
            }
        }
        return bytes;
    }
}
