package carve.api.gguf;

import carve.api.checkpoint.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * One mapped file: the whole model, or a part of a split one.
 *
 * @param file the file
 * @param header what stands at its beginning
 * @param bytes all its bytes
 */
record GgufShard(Path file, GgufHeader header, MemorySegment bytes) {
    /**
     * Maps a file and reads its header.
     *
     * @param arena the lifetime of the mapping
     * @throws carve.api.checkpoint.CheckpointException if it cannot be read or is not a valid GGUF file
     */
    static GgufShard open(Path file, Arena arena) {
        try {
            MemorySegment bytes = MappedFile.readable(file, MappedFile.map(file, arena), arena);
            return new GgufShard(file, GgufHeader.read(file.toString(), bytes), bytes);
        } catch (IOException | RuntimeException e) {
            throw MappedFile.failure(file, e);
        }
    }

    MemorySegment stored(GgufHeader.Entry entry) {
        return bytes.asSlice(entry.offset(), entry.bytes());
    }
}
