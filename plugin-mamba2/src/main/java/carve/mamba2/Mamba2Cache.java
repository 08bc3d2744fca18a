package carve.mamba2;

import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
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
 * @param ssmStates the states of heads: (S, H, P, N), or S times (1, H, P, N)
 */
record Mamba2Cache(Tensor convV, Tensor convK, Tensor convQ, List<Tensor> ssmStates) {
    // up to here it is quicker to copy states side by side than to scan row by row
    private static final long MAX_CONCAT_BYTES = 1L << 20;

    /** Copies the list. */
    Mamba2Cache {
        ssmStates = List.copyOf(ssmStates);
    }

    Mamba2Cache(Tensor convV, Tensor convK, Tensor convQ, Tensor ssmStates) {
        this(convV, convK, convQ, List.of(ssmStates));
    }

    /** Returns the memory of all rows side by side; states of heads that are large stay where they are. */
    static Mamba2Cache concat(List<Mamba2Cache> rows) {
        if (rows.size() == 1) {
            return rows.getFirst();
        }
        List<Tensor> scans = rows.stream().map(row -> row.ssmStates.getFirst()).toList();
        boolean small = scans.stream().mapToLong(scan -> scan.type().bytes()).sum() <= MAX_CONCAT_BYTES;
        return new Mamba2Cache(
                concat(rows, Mamba2Cache::convV),
                concat(rows, Mamba2Cache::convK),
                concat(rows, Mamba2Cache::convQ),
                small
                        ? List.of(Tensors.concat(0, scans))
                        : scans.stream().flatMap(Mamba2Cache::splitRows).toList());
    }

    private static Stream<Tensor> splitRows(Tensor scan) {
        int rows = scan.extent(0);
        return rows == 1 ? Stream.of(scan) : IntStream.range(0, rows).mapToObj(r -> row(scan, r));
    }

    private static Tensor concat(List<Mamba2Cache> rows, Function<Mamba2Cache, Tensor> part) {
        return Tensors.concat(0, rows.stream().map(part).toList());
    }

    /** Returns copies of some rows, whose states of heads are in one tensor. */
    Mamba2Cache slice(int from, int to) {
        return new Mamba2Cache(
                convV.slice(0, from, to),
                convK.slice(0, from, to),
                convQ.slice(0, from, to),
                ssmStates.getFirst().slice(0, from, to));
    }

    /** Returns the memory in another type. */
    Mamba2Cache cast(DType dtype) {
        return new Mamba2Cache(
                convV.cast(dtype),
                convK.cast(dtype),
                convQ.cast(dtype),
                ssmStates.stream().map(states -> states.cast(dtype)).toList());
    }

    /** Returns the memory of each row. */
    List<Mamba2Cache> splitBatch() {
        return IntStream.range(0, convV.extent(0))
                .mapToObj(r -> new Mamba2Cache(row(convV, r), row(convK, r), row(convQ, r), row(r)))
                .toList();
    }

    private Tensor row(int r) {
        return ssmStates.size() > 1 ? ssmStates.get(r) : row(ssmStates.getFirst(), r);
    }

    private static Tensor row(Tensor x, int r) {
        return x.slice(0, r, r + 1);
    }

    /** What a scan gives: y (B, T, H, P), and the states after it, as they were given. */
    record ScanResult(Tensor y, List<Tensor> states) {}

    /**
     * Scans on from these states.
     *
     * @param inputs q, k, v, decay and step, (B, T, ...)
     */
    ScanResult scan(SequenceLayout s, Tensor... inputs) {
        return scan(ssmStates, s, inputs);
    }

    /** Scans on from states of heads: one (S, H, P, N), or S times (1, H, P, N). */
    static ScanResult scan(List<Tensor> states, SequenceLayout s, Tensor... inputs) {
        if (states.size() == 1) {
            return scan(s, states.getFirst(), List.of(inputs));
        }
        SequenceLayout row = SequenceLayout.unpadded(1, s.positions());
        List<Tensor> y = new ArrayList<>();
        List<Tensor> next = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            int r = i;
            List<Tensor> own = List.of(inputs).stream().map(x -> row(x, r)).toList();
            ScanResult scanResult = scan(row, states.get(r), own);
            y.add(scanResult.y);
            next.addAll(scanResult.states);
        }
        return new ScanResult(Tensors.concat(0, y), next);
    }

    private static ScanResult scan(SequenceLayout s, Tensor state, List<Tensor> inputs) {
        List<Tensor> operands = new ArrayList<>(inputs);
        operands.add(state);
        List<Tensor> results = Tensors.apply(new DecayScan(s), operands);
        return new ScanResult(results.get(0), List.of(results.get(1)));
    }
}
