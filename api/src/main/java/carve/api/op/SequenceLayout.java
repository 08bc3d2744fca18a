package carve.api.op;

import carve.api.device.Device;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The division of the positions of a batch (B, T) into sequences that do not see each other.
 *
 * <p>Usually each row is one sequence. Rows may be padded at their right end, and one row may hold several sequences,
 * packed one after the other.
 *
 * @param batch B, rows
 * @param positions T, positions in a row
 * @param offsets where the packed sequences of the only row begin, and T; empty if nothing is packed
 * @param lengths for each row how many positions come before the padding; empty if nothing is padded
 * @param givenPositionIds for each of the T columns its position in its sequence, where somebody says so; empty if they are counted
 * @param zeroPadding whether padding is computed with, as zeros that look at what comes before the padding; otherwise
 *     what comes out of padding means nothing
 */
public record SequenceLayout(
        int batch,
        int positions,
        List<Integer> offsets,
        List<Integer> lengths,
        List<Integer> givenPositionIds,
        boolean zeroPadding) {
    /** Checks that offsets grow from 0 to T and that lengths lie in rows. */
    public SequenceLayout {
        offsets = List.copyOf(offsets);
        lengths = List.copyOf(lengths);
        givenPositionIds = List.copyOf(givenPositionIds);
        require(
                givenPositionIds.isEmpty()
                        || givenPositionIds.size() == positions
                                && givenPositionIds.stream().allMatch(id -> id >= 0),
                "one position for each of " + positions + " columns expected, told=" + givenPositionIds);
        if (!offsets.isEmpty()) {
            List<Integer> starts = offsets;
            boolean grow = IntStream.range(1, starts.size()).allMatch(i -> starts.get(i - 1) < starts.get(i));
            require(
                    batch == 1 && lengths.isEmpty(),
                    "packed sequences need a batch of one row without padding, batch=" + batch + ", lengths="
                            + lengths);
            require(
                    offsets.getFirst() == 0 && offsets.getLast() == positions && grow,
                    "offsets must grow from 0 to " + positions + ", offsets=" + offsets);
        }
        require(!zeroPadding || !lengths.isEmpty(), "blank padding needs rows that are padded");
        if (!lengths.isEmpty()) {
            int end = positions;
            require(
                    lengths.size() == batch && lengths.stream().allMatch(n -> n >= 0 && n <= end),
                    "one length from 0 to " + positions + " for each of " + batch + " rows expected, lengths="
                            + lengths);
        }
    }

    private SequenceLayout(int batch, int positions, List<Integer> offsets, List<Integer> lengths) {
        this(batch, positions, offsets, lengths, List.of(), false);
    }

    /** Returns B rows of one sequence each. */
    public static SequenceLayout unpadded(int batch, int positions) {
        return new SequenceLayout(batch, positions, List.of(), List.of());
    }

    /** Returns one row of sequences packed one after the other; offsets are where each begins, and the end. */
    public static SequenceLayout packed(int... offsets) {
        return new SequenceLayout(
                1, offsets[offsets.length - 1], IntStream.of(offsets).boxed().toList(), List.of());
    }

    /** Returns rows that are padded at their right end to T positions. */
    public static SequenceLayout padded(int positions, int... lengths) {
        return new SequenceLayout(
                lengths.length,
                positions,
                List.of(),
                IntStream.of(lengths).boxed().toList());
    }

    /** Returns these sequences with positions that are not counted; all rows have the same. */
    public SequenceLayout withPositionIds(int... ids) {
        return new SequenceLayout(
                batch, positions, offsets, lengths, IntStream.of(ids).boxed().toList(), zeroPadding);
    }

    /** Returns these sequences with padding that is computed with; see {@link #zeroPadding}. */
    public SequenceLayout withZeroPadding() {
        return new SequenceLayout(batch, positions, offsets, lengths, givenPositionIds, isPadded());
    }

    /** Returns {@code (B, T)} F32: 1 before the padding, and for at least so many positions of each row; 0 for others. */
    public Tensor paddingMask(Device device, int least) {
        float[] values = new float[batch * positions];
        for (int b = 0; b < batch; b++) {
            int length = isPadded() ? Math.max(least, lengths.get(b)) : positions;
            Arrays.fill(values, b * positions, b * positions + length, 1f);
        }
        return Tensors.of(device, Shape.of(batch, positions), values);
    }

    /** Returns the number of sequences, and so of states: the packed ones, or the rows. */
    public int count() {
        return isPacked() ? offsets.size() - 1 : batch;
    }

    /** Returns whether one row holds several sequences. */
    public boolean isPacked() {
        return !offsets.isEmpty();
    }

    /** Returns whether rows are padded at their right end. */
    public boolean isPadded() {
        return !lengths.isEmpty();
    }

    /** Returns the position of each of the T columns in its own sequence. */
    public int[] positionIds() {
        if (!givenPositionIds.isEmpty()) {
            return givenPositionIds.stream().mapToInt(id -> id).toArray();
        }
        int[] ids = IntStream.range(0, positions).toArray();
        for (int s = 0; s + 1 < offsets.size(); s++) {
            for (int t = offsets.get(s); t < offsets.get(s + 1); t++) {
                ids[t] = t - offsets.get(s);
            }
        }
        return ids;
    }

    /** Returns the greatest number of positions of one sequence. */
    public int maxLength() {
        return isPacked()
                ? IntStream.range(1, offsets.size())
                        .map(i -> offsets.get(i) - offsets.get(i - 1))
                        .max()
                        .orElse(0)
                : positions;
    }

    /**
     * Applies a function to each packed sequence alone and joins the results: for the definitions of ops.
     *
     * @param operands tensors (B, T, ...), cut at the offsets
     * @param state (S, ...), cut by sequence
     * @param body gives the result (B, T, ...) and the next state of what it is given
     * @return the result (B, T, ...) and the state after the last position of each sequence (S, ...)
     */
    public List<Tensor> forEachSequence(
            List<Tensor> operands, Tensor state, BiFunction<List<Tensor>, Tensor, List<Tensor>> body) {
        if (!isPacked()) {
            return body.apply(operands, state);
        }
        List<Tensor> results = new ArrayList<>();
        List<Tensor> states = new ArrayList<>();
        for (int s = 0; s < count(); s++) {
            int from = offsets.get(s);
            int to = offsets.get(s + 1);
            List<Tensor> parts =
                    operands.stream().map(x -> x.slice(1, from, to)).toList();
            List<Tensor> result = body.apply(parts, state.slice(0, s, s + 1));
            results.add(result.get(0));
            states.add(result.get(1));
        }
        return List.of(Tensors.concat(1, results), Tensors.concat(0, states));
    }

    /**
     * Returns the matrices {@code (B, H, T, T)} of rows, with zeros between packed sequences.
     *
     * @param operands tensors (B, T, ...), cut at the offsets
     * @param body gives the matrix (B, H, t, t) of what it is given
     */
    Tensor matrices(List<Tensor> operands, Function<List<Tensor>, Tensor> body) {
        if (!isPacked()) {
            return body.apply(operands);
        }
        List<Tensor> rows = new ArrayList<>();
        for (int s = 0; s < count(); s++) {
            int from = offsets.get(s);
            int to = offsets.get(s + 1);
            List<Tensor> parts =
                    operands.stream().map(x -> x.slice(1, from, to)).toList();
            rows.add(body.apply(parts).pad(3, from, positions - to));
        }
        return Tensors.concat(2, rows);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new ShapeException("sequences: " + message);
        }
    }
}
