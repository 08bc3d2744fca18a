package carve.cpu.scan;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.Scratchpad;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The recurrent form of a {@link ChunkedScan}, for few positions: the state is read and written once for each. */
final class RecurrentScan {
    private static final long PAGE = 4096;

    private RecurrentScan() {}

    /** Writes the results of a head at the positions of a span, and the state after them. */
    static void run(
            ChunkedScan.Heads h,
            ChunkedScan.SequenceSpan sequenceSpan,
            ChunkedScan.Operands operands,
            int head,
            Scratchpad scratchpad) {
        float[] sums = scratchpad.floats(4 * LANES);
        long offset = ChunkedScan.Operands.stateOffset(h, sequenceSpan.index(), head);
        long from = operands.state() + offset;
        long to = operands.next() + offset;
        for (int t = 0; t < sequenceSpan.length(); t++) {
            long row = sequenceSpan.row() + t;
            long at = 4 * (row * h.heads() + head);
            float kept = (float) Math.exp(NativeMemory.get(operands.g() + at));
            step(
                    h,
                    from,
                    to,
                    operands.query(h, row, head),
                    operands.key(h, row, head),
                    operands.value(h, row, head),
                    kept,
                    NativeMemory.get(operands.w() + at),
                    operands.result(h, row, head),
                    sums);
            from = to;
        }
    }

    private static void step(
            ChunkedScan.Heads h,
            long from,
            long to,
            long q,
            long k,
            long v,
            float kept,
            float weight,
            long y,
            float[] sums) {
        int n = h.state();
        int whole = F.loopBound(n);
        VectorMask<Float> rest = NativeMemory.firstLanes(n - whole);
        // four rows a quarter apart: each of the four places is read from front to back, as the processor expects it; a
        // state
        // that ends before it has learnt to expect that is read as one place
        int quarter = h.width() / 4;
        int separation = 4L * n * h.width() <= PAGE ? 1 : quarter;
        for (int b = 0; b < quarter; b++) {
            int p = separation == 1 ? 4 * b : b;
            four(from + 4L * p * n, to + 4L * p * n, q, k, v + 4L * p, separation, kept, weight, n, sums);
            LaneReduction.sumEach(sums, 4);
            for (int i = 0; i < 4; i++) {
                NativeMemory.set(y + 4L * (p + i * separation), sums[i]);
            }
        }
        for (int p = 4 * quarter; p < h.width(); p++) {
            float input = weight * NativeMemory.get(v + 4L * p);
            long row = 4L * p * n;
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < whole; i += LANES) {
                FloatVector s =
                        load(from + row + 4L * i).mul(kept).add(load(k + 4L * i).mul(input));
                store(to + row + 4L * i, s);
                sum = s.fma(load(q + 4L * i), sum);
            }
            if (whole < n) {
                FloatVector s = load(from + row + 4L * whole, rest)
                        .mul(kept)
                        .add(load(k + 4L * whole, rest).mul(input));
                store(to + row + 4L * whole, s, rest);
                sum = s.fma(load(q + 4L * whole, rest), sum);
            }
            NativeMemory.set(y + 4L * p, LaneReduction.sum(sum));
        }
    }

    /** Updates four rows of a state at once, some rows apart, with the bits of one row alone, and leaves lane sums. */
    private static void four(
            long from, long to, long q, long k, long v, int separation, float kept, float weight, int n, float[] sums) {
        long row = 4L * n * separation;
        float input0 = weight * NativeMemory.get(v);
        float input1 = weight * NativeMemory.get(v + 4L * separation);
        float input2 = weight * NativeMemory.get(v + 8L * separation);
        float input3 = weight * NativeMemory.get(v + 12L * separation);
        FloatVector sum0 = FloatVector.zero(F);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            long at = 4L * i;
            FloatVector key = load(k + at);
            FloatVector query = load(q + at);
            FloatVector s0 = load(from + at).mul(kept).add(key.mul(input0));
            FloatVector s1 = load(from + row + at).mul(kept).add(key.mul(input1));
            FloatVector s2 = load(from + 2 * row + at).mul(kept).add(key.mul(input2));
            FloatVector s3 = load(from + 3 * row + at).mul(kept).add(key.mul(input3));
            store(to + at, s0);
            store(to + row + at, s1);
            store(to + 2 * row + at, s2);
            store(to + 3 * row + at, s3);
            sum0 = s0.fma(query, sum0);
            sum1 = s1.fma(query, sum1);
            sum2 = s2.fma(query, sum2);
            sum3 = s3.fma(query, sum3);
        }
        if (i < n) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            long at = 4L * i;
            FloatVector key = load(k + at, m);
            FloatVector query = load(q + at, m);
            FloatVector s0 = load(from + at, m).mul(kept).add(key.mul(input0));
            FloatVector s1 = load(from + row + at, m).mul(kept).add(key.mul(input1));
            FloatVector s2 = load(from + 2 * row + at, m).mul(kept).add(key.mul(input2));
            FloatVector s3 = load(from + 3 * row + at, m).mul(kept).add(key.mul(input3));
            store(to + at, s0, m);
            store(to + row + at, s1, m);
            store(to + 2 * row + at, s2, m);
            store(to + 3 * row + at, s3, m);
            sum0 = s0.fma(query, sum0);
            sum1 = s1.fma(query, sum1);
            sum2 = s2.fma(query, sum2);
            sum3 = s3.fma(query, sum3);
        }
        sum0.intoArray(sums, 0);
        sum1.intoArray(sums, LANES);
        sum2.intoArray(sums, 2 * LANES);
        sum3.intoArray(sums, 3 * LANES);
    }
}
