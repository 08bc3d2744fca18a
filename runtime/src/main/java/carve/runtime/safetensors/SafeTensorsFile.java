package carve.runtime.safetensors;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.MappedFile;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A safetensors file, mapped into memory and checked when it is opened. Files may be larger than the memory.
 *
 * <p>The format: 8 bytes with the length N of the header, little-endian; N bytes of JSON in UTF-8, an object of
 * {@code "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}} and optionally
 * {@code "__metadata__": {"key": "text"}}, with spaces at the end; then the values, to the end of the file, in offsets that
 * count from the end of the header. Values are row-major and little-endian. Every byte of them belongs to exactly one tensor.
 *
 * <p>Quantised tensors, which the format does not know, are stored as the bytes of their {@link carve.api.tensor.BlockQuantisation}: U8 with
 * the last extent in bytes, {@code (N, K / 32 * 34)} for Q8_0 {@code (N, K)}. The metadata tells which they are, under
 * {@code carve.quantization}, a text of JSON: {@code {"Q8_0": ["layers.0.mixer.in_proj.weight", ...], "Q4_0": [...]}}. Any
 * reader of the format can open such a file and sees bytes; this one gives the quantised types. Values then begin at a
 * multiple of 64.
 *
 * <p>Closing the file invalidates all its segments. While it is open it must not be changed in place; replacing it by a
 * renamed file, as {@link SafeTensorsWriter} does, is fine.
 *
 * <p>Pages that have been read count as memory of the process. After each two gibibytes of tensors that were
 * asked for, the file gives its pages back; whoever still reads them gets them from the system's cache again.
 *
 * <p>Segments are made by address where this module has native access, so that they are of the one class of segment that all
 * tensors have, and loops over them stay fast; without native access they are slices of the mapping, with the same values.
 */
public final class SafeTensorsFile implements TensorSource, AutoCloseable {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long FORGET_BYTES = 1L << 31;

    private final Path file;
    private final Arena arena;
    private final SafeTensorsHeader header;
    private final MemorySegment mapped;
    private final MemorySegment values;
    private final AtomicLong asked = new AtomicLong();

    private SafeTensorsFile(
            Path file, Arena arena, SafeTensorsHeader header, MemorySegment mapped, MemorySegment values) {
        this.file = file;
        this.arena = arena;
        this.header = header;
        this.mapped = mapped;
        this.values = values;
    }

    /**
     * Opens and checks a file.
     *
     * @throws CheckpointException if it cannot be read or is not a valid safetensors file
     */
    public static SafeTensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            return open(file, arena);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw MappedFile.failure(file, e);
        }
    }

    private static SafeTensorsFile open(Path file, Arena arena) throws IOException {
        MemorySegment mapped = MappedFile.map(file, arena);
        MemorySegment all = MappedFile.readable(file, mapped, arena);
        if (all.byteSize() < Long.BYTES) {
            throw new CheckpointException(
                    "%s: the file has %d bytes, the header's length alone takes 8".formatted(file, all.byteSize()));
        }
        long length = all.get(LENGTH, 0);
        if (length < 0 || length > SafeTensorsHeader.MAX_BYTES) {
            throw new CheckpointException(
                    "%s: the header's length is %s bytes, the limit is %d; is this a safetensors file?"
                            .formatted(file, Long.toUnsignedString(length), SafeTensorsHeader.MAX_BYTES));
        }
        long start = Long.BYTES + length;
        if (start > all.byteSize()) {
            throw new CheckpointException("%s: the header ends at byte %d, the file at byte %d; is it truncated?"
                    .formatted(file, start, all.byteSize()));
        }
        byte[] text = all.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        var header = SafeTensorsHeader.parse(text, all.byteSize() - start, file.toString());
        return new SafeTensorsFile(file, arena, header, mapped, all.asSlice(start));
    }

    /** Returns the file. */
    public Path file() {
        return file;
    }

    /** Returns the texts under {@code __metadata__}; empty if there are none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** Returns the names in the order of the values in the file. */
    @Override
    public Set<String> names() {
        return header.entries().keySet();
    }

    @Override
    public TensorType type(String name) {
        return entry(name).type();
    }

    @Override
    public MemorySegment data(String name) {
        var entry = entry(name);
        if (asked.addAndGet(entry.type().bytes()) >= FORGET_BYTES) {
            asked.set(0);
            mapped.unload();
        }
        return values.asSlice(entry.offset(), entry.type().bytes());
    }

    /** Returns whether values lie in the mapped file, and were not copied. */
    public boolean holds(MemorySegment other) {
        return MappedFile.holds(mapped, other);
    }

    private SafeTensorsHeader.Entry entry(String name) {
        var entry = header.entries().get(name);
        if (entry == null) {
            throw new CheckpointException(
                    file + ": " + TensorSources.unknown(name, names()).getMessage());
        }
        return entry;
    }

    /** Unmaps the file. */
    @Override
    public void close() {
        arena.close();
    }

    @Override
    public String label() {
        return toString();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
