package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** Matrices with rows and columns exchanged, computed when they are read. */
final class Transposition {
    private Transposition() {}

    /** Returns the type of a matrix (N, M) transposed, (M, N). */
    static TensorType of(TensorType type) {
        int rows = type.shape().extent(0);
        return type.with(type.shape().with(0, type.shape().extent(1)).with(1, rows));
    }

    /** Returns a source of one matrix of a source, transposed, under its name. */
    static TensorSource of(TensorSource source, String name) {
        TensorType type = source.type(name);
        return TensorSources.of(Map.of(name, of(type)), _ -> transposed(type, source.data(name)));
    }

    /** Returns a view of the transposed matrix. */
    static TensorSources.View of(TensorSources.View view) {
        return new TensorSources.View(
                of(view.type()),
                () -> List.of(
                        transposed(view.type(), TensorSources.join(view.pieces().get()))));
    }

    private static MemorySegment transposed(TensorType type, MemorySegment from) {
        int rows = type.shape().extent(0);
        int columns = type.shape().extent(1);
        long size = type.dtype().bytes(1);
        MemorySegment to =
                Arena.ofAuto().allocate(Math.max(1, type.bytes()), Long.BYTES).asSlice(0, type.bytes());
        for (long i = 0; i < rows; i++) {
            for (long j = 0; j < columns; j++) {
                MemorySegment.copy(from, (i * columns + j) * size, to, (j * rows + i) * size, size);
            }
        }
        return to.asReadOnly();
    }
}
