package carve.app.engine;

import carve.api.config.Settings;
import java.nio.file.Path;
import java.util.List;

/**
 * How an engine works; the settings are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param batch the most sessions whose steps are made together
 * @param queue the most sessions that wait
 * @param piece of how many positions a prompt is taken at once
 * @param positions the most positions of a session, prompt and answer
 * @param memoryBytes the most bytes of snapshots in memory
 * @param diskBytes the most bytes of snapshots on disk
 * @param folder where snapshots and saved states are on disk; nowhere if empty
 */
public record EngineConfig(
        int batch, int queue, int piece, int positions, long memoryBytes, long diskBytes, List<Path> folder) {
    /** Checks ranges. */
    public EngineConfig {
        folder = List.copyOf(folder);
        if (batch < 1 || queue < 1 || piece < 1 || positions < 2 || memoryBytes < 0 || diskBytes < 0) {
            throw new IllegalArgumentException(
                    ("batch, queue and piece must be 1 or more, positions 2 or more, bytes 0 or more; batch=%d, queue=%d,"
                                    + " piece=%d, positions=%d, memory=%d, disk=%d")
                            .formatted(batch, queue, piece, positions, memoryBytes, diskBytes));
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
