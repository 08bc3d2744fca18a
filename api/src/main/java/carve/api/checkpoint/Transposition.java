package carve.api.checkpoint;

import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Copies of tensors whose last two axes are exchanged. */
final class Transposition {
    private static final int TILE = 32;

    private Transposition() {}

    /** Returns the type with the last two extents exchanged. */
    static TensorType type(TensorType type) {
        Shape shape = type.shape();
        return type.with(shape.with(-1, shape.extent(-2)).with(-2, shape.extent(-1)));
    }

    /** Returns a copy of values of a type, which is not quantised, with the last two axes exchanged. */
    static MemorySegment transpose(MemorySegment values, TensorType type) {
        int bytes = type.dtype().bytes();
        int rows = type.shape().extent(-2);
        int columns = type.shape().extent(-1);
        long matrix = (long) rows * columns * bytes;
        MemorySegment copy = Arena.ofAuto().allocate(values.byteSize(), Long.BYTES);
        for (long from = 0; from < values.byteSize(); from += matrix) {
            transpose(values.asSlice(from, matrix), copy.asSlice(from, matrix), rows, columns, bytes);
        }
        return copy.asReadOnly();
    }

    // tile by tile, so that what is read and what is written both stay in the cache
    private static void transpose(MemorySegment from, MemorySegment to, int rows, int columns, int bytes) {
        for (int top = 0; top < rows; top += TILE) {
            for (int left = 0; left < columns; left += TILE) {
                for (int row = top; row < Math.min(rows, top + TILE); row++) {
                    for (int column = left; column < Math.min(columns, left + TILE); column++) {
                        long source = ((long) row * columns + column) * bytes;
                        long target = ((long) column * rows + row) * bytes;
                        MemorySegment.copy(from, source, to, target, bytes);
                    }
                }
            }
        }
    }
}
