package carve.runtime.engine;

import carve.api.config.Settings;
import java.nio.file.Path;
import java.util.List;

/**
 * How an engine works; the settings are in {@code reference.conf} under {@code carve.serving}.
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
                    ("batch, queue and piece must be 1 or more, positions 2 or more, bytes 0 or more; batch=%d, queue=%d,"
                                    + " piece=%d, positions=%d, memory=%d, disk=%d")
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
                serving.integer("batch"),
                serving.integer("queue"),
                serving.integer("piece"),
                serving.integer("max-positions"),
                serving.longInteger("cache-memory-mib") << 20,
                serving.longInteger("cache-disk-mib") << 20,
                folder);
    }
}
