package carve.runtime.eval;

import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import java.util.Arrays;

/**
 * The positions of padded rows that are not padding: in each row some in sequence, with padding before them, after them or both. A model
 * is given rows that begin with them, since positions count from there; what it gives is shifted back.
 *
 * @param positions L
 * @param starts how many positions of padding each row begins with
 * @param lengths how many positions of each row are there
 */
record AttentionMask(int positions, int[] starts, int[] lengths) {
    /** Returns the mask of B rows without padding. */
    static AttentionMask unpadded(int batch, int positions) {
        int[] lengths = new int[batch];
        Arrays.fill(lengths, positions);
        return new AttentionMask(positions, new int[batch], lengths);
    }

    /**
     * Returns a mask of ones and zeros {@code (B, L)}, row-major.
     *
     * @throws IllegalArgumentException if a row has other values, no ones, or zeros between ones
     */
    static AttentionMask of(int[] mask, int batch, int positions) {
        int[] starts = new int[batch];
        int[] lengths = new int[batch];
        for (int b = 0; b < batch; b++) {
            int[] row = Arrays.copyOfRange(mask, b * positions, (b + 1) * positions);
            starts[b] = (int) Arrays.stream(row).takeWhile(m -> m == 0).count();
            lengths[b] = (int)
                    Arrays.stream(row).skip(starts[b]).takeWhile(m -> m == 1).count();
            if (lengths[b] == 0
                    || Arrays.stream(row).skip(starts[b] + lengths[b]).anyMatch(m -> m != 0)) {
                throw new IllegalArgumentException(
                        "must have one run of ones in each row, with zeros before and after it; row %d is %s"
                                .formatted(b, Arrays.toString(row)));
            }
        }
        return new AttentionMask(positions, starts, lengths);
    }

    /** Returns how the rows of {@link #leftAligned} are divided. */
    SequenceLayout layout() {
        boolean whole = Arrays.stream(lengths).allMatch(length -> length == positions);
        return whole ? SequenceLayout.unpadded(lengths.length, positions) : SequenceLayout.padded(positions, lengths);
    }

    /** Returns tokens {@code (B, L)} with each row's padding after what is there. */
    int[] leftAligned(int... tokens) {
        int[] result = new int[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            int row = i / positions * positions;
            result[i] = tokens[row + (i - row + starts[i / positions]) % positions];
        }
        return result;
    }

    /** Returns values {@code (B, T, ...)} of left-aligned rows, each with as much padding before it as it had. */
    float[] restored(float[] values, Shape shape) {
        if (Arrays.stream(starts).allMatch(start -> start == 0)
                || shape.rank() < 2
                || shape.extent(0) != starts.length) {
            return values;
        }
        float[] result = new float[values.length];
        int rows = shape.extent(1);
        int width = values.length / (starts.length * rows);
        for (int b = 0; b < starts.length; b++) {
            for (int t = 0; t < rows; t++) {
                int to = (t + starts[b]) % rows;
                System.arraycopy(values, (b * rows + t) * width, result, (b * rows + to) * width, width);
            }
        }
        return result;
    }
}
