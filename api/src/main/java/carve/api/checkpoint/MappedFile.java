package carve.api.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps the files of checkpoints into memory. */
public final class MappedFile {
    private static final System.Logger LOG = System.getLogger(MappedFile.class.getName());

    private MappedFile() {}

    /**
     * Returns a file, mapped for reading.
     *
     * @param arena the lifetime of the mapping
     */
    public static MemorySegment map(Path file, Arena arena) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    /**
     * Returns a mapping as a read-only segment of the class that all tensors have, so that loops over both stay fast; without
     * native access for this module it is the mapping itself.
     */
    public static MemorySegment readable(Path file, MemorySegment mapped, Arena arena) {
        if (MappedFile.class.getModule().isNativeAccessEnabled()) {
            return plain(mapped, arena).asReadOnly();
        }
        LOG.log(
                System.Logger.Level.DEBUG,
                "{0}: values are read through the mapping, which is slower in some loops,"
                        + " because carve.api has no native access",
                file);
        return mapped;
    }

    // A mapping is a segment class of its own, which spoils kernels that see both.
    @SuppressWarnings("restricted")
    private static MemorySegment plain(MemorySegment mapped, Arena arena) {
        return MemorySegment.ofAddress(mapped.address()).reinterpret(mapped.byteSize(), arena, null);
    }

    /** Returns whether values lie in a mapping. */
    public static boolean holds(MemorySegment mapped, MemorySegment values) {
        return values.isNative()
                && values.address() >= mapped.address()
                && values.address() + values.byteSize() <= mapped.address() + mapped.byteSize();
    }

    /** Returns the exception for a file that cannot be opened. */
    public static CheckpointException failure(Path file, Exception e) {
        return switch (e) {
            case CheckpointException known -> known;
            case NoSuchFileException _ -> new CheckpointException(file + ": no such file", e);
            default -> new CheckpointException("%s: cannot be read: %s".formatted(file, e), e);
        };
    }
}
