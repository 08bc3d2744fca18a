package carve.mamba2;

import carve.api.op.DecayScan;
import carve.api.op.Sequences;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What goes from one position to the next.
 *
 * @param convV (S, G P, W-1), the last inputs of the convolution's channels of v, oldest first
 * @param convK (S, G N, W-1), those of k
 * @param convQ (S, H N, W-1), those of q
 * @param scan the states of heads: (S, H, P, N), or S times (1, H, P, N)
 */
record Memory(Tensor convV, Tensor convK, Tensor convQ, List<Tensor> scan) {
    // up to here it is quicker to copy states side by side than to scan row by row
    private static final long JOINED = 1L << 20;

    /** Copies the list. */
    Memory {
        scan = List.copyOf(scan);
    }

    Memory(Tensor convV, Tensor convK, Tensor convQ, Tensor scan) {
        this(convV, convK, convQ, List.of(scan));
    }

    /** Returns the memory of all rows side by side; states of heads that are large stay where they are. */
    static Memory join(List<Memory> rows) {
        if (rows.size() == 1) {
            return rows.getFirst();
        }
        List<Tensor> scans = rows.stream().map(row -> row.scan.getFirst()).toList();
        boolean small = scans.stream().mapToLong(scan -> scan.type().bytes()).sum() <= JOINED;
        return new Memory(
                join(rows, Memory::convV),
                join(rows, Memory::convK),
                join(rows, Memory::convQ),
                small
                        ? List.of(Tensors.concat(0, scans))
                        : scans.stream().flatMap(Memory::each).toList());
    }

    private static Stream<Tensor> each(Tensor scan) {
        int rows = scan.extent(0);
        return rows == 1 ? Stream.of(scan) : IntStream.range(0, rows).mapToObj(r -> row(scan, r));
    }

    private static Tensor join(List<Memory> rows, Function<Memory, Tensor> part) {
        return Tensors.concat(0, rows.stream().map(part).toList());
    }

    /** Returns copies of some rows, whose states of heads are in one tensor. */
    Memory slice(int from, int to) {
        return new Memory(
                convV.slice(0, from, to),
                convK.slice(0, from, to),
                convQ.slice(0, from, to),
                scan.getFirst().slice(0, from, to));
    }

    /** Returns the memory in another type. */
    Memory cast(DType dtype) {
        return new Memory(
                convV.cast(dtype),
                convK.cast(dtype),
                convQ.cast(dtype),
                scan.stream().map(states -> states.cast(dtype)).toList());
    }

    /** Returns the memory of each row. */
    List<Memory> rows() {
        return IntStream.range(0, convV.extent(0))
                .mapToObj(r -> new Memory(row(convV, r), row(convK, r), row(convQ, r), row(r)))
                .toList();
    }

    private Tensor row(int r) {
        return scan.size() > 1 ? scan.get(r) : row(scan.getFirst(), r);
    }

    private static Tensor row(Tensor x, int r) {
        return x.slice(0, r, r + 1);
    }

    /** What a scan gives: y (B, T, H, P), and the states after it, as they were given. */
    record Scanned(Tensor y, List<Tensor> next) {}

    /**
     * Scans on from these states.
     *
     * @param inputs q, k, v, decay and step, (B, T, ...)
     */
    Scanned scan(Sequences s, Tensor... inputs) {
        return scan(scan, s, inputs);
    }

    /** Scans on from states of heads: one (S, H, P, N), or S times (1, H, P, N). */
    static Scanned scan(List<Tensor> states, Sequences s, Tensor... inputs) {
        if (states.size() == 1) {
            return scan(s, states.getFirst(), List.of(inputs));
        }
        Sequences row = Sequences.whole(1, s.positions());
        List<Tensor> y = new ArrayList<>();
        List<Tensor> next = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            int r = i;
            List<Tensor> own = List.of(inputs).stream().map(x -> row(x, r)).toList();
            Scanned scanned = scan(row, states.get(r), own);
            y.add(scanned.y);
            next.addAll(scanned.next);
        }
        return new Scanned(Tensors.concat(0, y), next);
    }

    private static Scanned scan(Sequences s, Tensor state, List<Tensor> inputs) {
        List<Tensor> operands = new ArrayList<>(inputs);
        operands.add(state);
        List<Tensor> results = Tensors.apply(new DecayScan(s), operands);
        return new Scanned(results.get(0), List.of(results.get(1)));
    }
}
