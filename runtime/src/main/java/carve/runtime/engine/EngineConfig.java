package carve.runtime.engine;

import carve.api.config.Settings;
import java.nio.file.Path;
import java.util.List;

/**
 * The settings of an engine, which are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param maxBatchSize the most sessions whose steps are made together
 * @param maxQueueLength the most sessions that wait
 * @param prefillChunk of how many positions a prompt is taken at once
 * @param contextLength the most positions of a session, prompt and answer
 * @param cacheMemoryBytes the most bytes of snapshots in memory
 * @param cacheDiskBytes the most bytes of snapshots on disk
 * @param cacheFolder where snapshots and saved states are on disk; nowhere if empty
 */
public record EngineConfig(
        int maxBatchSize,
        int maxQueueLength,
        int prefillChunk,
        int contextLength,
        long cacheMemoryBytes,
        long cacheDiskBytes,
        List<Path> cacheFolder) {
    /** Checks ranges. */
    public EngineConfig {
        cacheFolder = List.copyOf(cacheFolder);
        if (maxBatchSize < 1
                || maxQueueLength < 1
                || prefillChunk < 1
                || contextLength < 2
                || cacheMemoryBytes < 0
                || cacheDiskBytes < 0) {
            throw new IllegalArgumentException(
                    ("max-batch-size, max-queue-length and prefill-chunk must be 1 or more, context-length 2 or more, cache"
                                    + " sizes 0 or more; found %d, %d, %d, %d, and %d and %d bytes")
                            .formatted(
                                    maxBatchSize,
                                    maxQueueLength,
                                    prefillChunk,
                                    contextLength,
                                    cacheMemoryBytes,
                                    cacheDiskBytes));
        }
    }

    /** Reads the settings; snapshots are kept in a folder, if there is one. */
    public static EngineConfig from(Settings serving, List<Path> folder) {
        return new EngineConfig(
                serving.integer("max-batch-size"),
                serving.integer("max-queue-length"),
                serving.integer("prefill-chunk"),
                serving.integer("context-length"),
                serving.longInteger("prefix-cache-memory-mib") << 20,
                serving.longInteger("prefix-cache-disk-mib") << 20,
                folder);
    }
}
