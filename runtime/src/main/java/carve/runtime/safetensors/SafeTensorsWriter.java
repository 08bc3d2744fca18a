package carve.runtime.safetensors;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.io.FolderTransaction;
import carve.runtime.io.SegmentWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a safetensors file, one tensor after the other, so that none but the current one need be in memory.
 *
 * <p>The format is described at {@link SafeTensorsFile}. The file has another name until {@link #commit}, which flushes it and
 * renames it in one step; a writer that is closed or killed before that leaves what was there before.
 *
 * {@snippet :
 * try (var writer = SafeTensorsWriter.create(file, types, Map.of())) {
 *     for (String name : types.keySet()) {
 *         writer.write(name, values(name));
 *     }
 *     writer.commit();
 * }
 * }
 */
public final class SafeTensorsWriter implements AutoCloseable {
    // the official writer's order of storage types, descending; types of equal size included
    private static final List<DType> OFFICIAL = List.of(
            DType.I64,
            DType.F64,
            DType.F32,
            DType.I32,
            DType.BF16,
            DType.F16,
            DType.I16,
            DType.F8_E4M3,
            DType.F8_E5M2,
            DType.I8,
            DType.U8,
            DType.Q8_0,
            DType.Q4_0,
            DType.Q4_1,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q4_K,
            DType.Q5_K,
            DType.Q6_K,
            DType.BOOL);

    private final FolderTransaction folderTransaction;
    private final String name;
    private final FileChannel channel;
    private final List<Map.Entry<String, SafeTensorsHeader.Entry>> due;
    private final long size;
    private final boolean owner;
    private int written;

    SafeTensorsWriter(FolderTransaction folderTransaction, String name, SafeTensorsHeader header, boolean owner) {
        this.folderTransaction = folderTransaction;
        this.name = name;
        this.owner = owner;
        due = List.copyOf(header.entries().entrySet());
        byte[] head = header.print();
        size = head.length + header.dataBytes();
        try {
            channel = folderTransaction.create(name);
            SegmentWriter.write(channel, ByteBuffer.wrap(head));
        } catch (IOException e) {
            throw folderTransaction.failure(name, e);
        }
    }

    /**
     * Begins a file whose tensors come in the order of the map.
     *
     * @param metadata texts for {@code __metadata__}, which is left out if there are none
     * @throws CheckpointException if the folder cannot be written
     */
    public static SafeTensorsWriter create(Path file, Map<String, TensorType> types, Map<String, String> metadata) {
        var header = SafeTensorsHeader.of(types, metadata);
        Path absolute = file.toAbsolutePath();
        FolderTransaction folderTransaction = FolderTransaction.begin(absolute.getParent());
        try {
            return new SafeTensorsWriter(
                    folderTransaction, absolute.getFileName().toString(), header, true);
        } catch (CheckpointException e) {
            folderTransaction.close();
            throw e;
        }
    }

    /**
     * Writes a whole file with the tensors of a source, in the source's order.
     *
     * @throws CheckpointException if it cannot be written; the previous content is unchanged
     */
    public static void write(Path file, TensorSource source, Map<String, String> metadata) {
        try (var writer = create(file, types(source), metadata)) {
            source.names().forEach(name -> writer.write(name, source.pieces(name)));
            writer.commit();
        }
    }

    /**
     * Writes a whole file with the tensors of a source, in the source's order, from where a channel stands; whoever opened it
     * flushes it and puts the file in place.
     *
     * @throws IOException if the disk does not take it
     */
    public static void write(FileChannel to, TensorSource source, Map<String, String> metadata) throws IOException {
        SegmentWriter.write(
                to,
                ByteBuffer.wrap(SafeTensorsHeader.of(types(source), metadata).print()));
        for (String name : source.names()) {
            for (MemorySegment piece : source.pieces(name)) {
                SegmentWriter.write(to, piece);
            }
        }
    }

    /** Returns the types of a source's tensors in the source's order. */
    public static Map<String, TensorType> types(TensorSource source) {
        var types = new LinkedHashMap<String, TensorType>();
        source.names().forEach(name -> types.put(name, source.type(name)));
        return types;
    }

    /**
     * Returns the types in the order in which the official writer puts the tensors: by storage type, wide ones first, then by
     * name. Files written in this order equal the official ones byte for byte.
     */
    public static Map<String, TensorType> officialOrder(Map<String, TensorType> types) {
        var ordered = new LinkedHashMap<String, TensorType>();
        types.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<String, TensorType> e) ->
                                OFFICIAL.indexOf(e.getValue().dtype()))
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(e -> ordered.put(e.getKey(), e.getValue()));
        return ordered;
    }

    /**
     * Writes the values of the next tensor.
     *
     * @throws CheckpointException if another tensor is due, the values are not as many bytes as its type says, or the disk
     *     does not take them
     */
    public void write(String tensor, MemorySegment values) {
        write(tensor, List.of(values));
    }

    /** Writes the values of the next tensor, which lie in several pieces. */
    public void write(String tensor, List<MemorySegment> pieces) {
        TensorType type = due(tensor);
        long bytes = pieces.stream().mapToLong(MemorySegment::byteSize).sum();
        if (type.bytes() != bytes) {
            throw error("tensor '%s': %s takes %d bytes, got %d".formatted(tensor, type, type.bytes(), bytes));
        }
        try {
            for (MemorySegment piece : pieces) {
                SegmentWriter.write(channel, piece);
            }
            written++;
        } catch (IOException e) {
            throw folderTransaction.failure(name, e);
        }
    }

    /** Leaves the next tensor zero; where the file system can, it takes no room on the disk. */
    public void writeZeros(String tensor) {
        TensorType type = due(tensor);
        try {
            channel.position(channel.position() + type.bytes());
            written++;
        } catch (IOException e) {
            throw folderTransaction.failure(name, e);
        }
    }

    /**
     * Puts the file in place.
     *
     * @throws CheckpointException if a tensor has not been written, or the disk refuses
     */
    public void commit() {
        finish();
        folderTransaction.commit();
    }

    void finish() {
        if (written < due.size()) {
            throw error("tensor '%s' has not been written"
                    .formatted(due.get(written).getKey()));
        }
        try {
            if (channel.size() < size) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            }
        } catch (IOException e) {
            throw folderTransaction.failure(name, e);
        }
    }

    /** Removes the file if it has not been committed. */
    @Override
    public void close() {
        if (owner) {
            folderTransaction.close();
        }
    }

    private TensorType due(String tensor) {
        if (written == due.size()) {
            throw error("tensor '%s' is unexpected; all declared tensors have been written".formatted(tensor));
        }
        if (!due.get(written).getKey().equals(tensor)) {
            throw error(
                    "tensor '%s' is due, got '%s'".formatted(due.get(written).getKey(), tensor));
        }
        return due.get(written).getValue().type();
    }

    private CheckpointException error(String problem) {
        return new CheckpointException(
                "%s: %s".formatted(folderTransaction.folder().resolve(name), problem));
    }
}
