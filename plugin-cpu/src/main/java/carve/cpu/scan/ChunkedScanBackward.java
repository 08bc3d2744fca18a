package carve.cpu.scan;

import carve.cpu.gemm.MicroKernel;
import carve.cpu.scan.ChunkedScan.Heads;
import carve.cpu.scan.ChunkedScan.Operands;
import carve.cpu.scan.ChunkedScan.SequenceSpan;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Arrays;
import java.util.List;

/**
 * The gradients of {@link ChunkedScan}, chunk by chunk from the end; see {@link ScanChunkGradients} for those of a chunk.
 *
 * <p>The states before the chunks are computed again. One task computes heads that add to the same groups, all of them unless
 * there are few groups: then some, and what several tasks add to has a place for each, to be summed afterwards in their order.
 */
final class ChunkedScanBackward {
    private static final int TASKS = 16;

    private final ThreadPool threadPool;

    ChunkedScanBackward(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** The addresses of the gradients of the results, 0 where there is none, and of those of the operands. */
    record Gradients(long dy, long next, long q, long k, long v, long g, long w, long state) {}

    /**
     * The division of the heads of a group, which add to the same gradients: by the shape alone, so that the order of sums does
     * not depend on the number of threads.
     *
     * @param groups of heads that share nothing with each other
     * @param heads of a group
     * @param each heads of a part
     */
    record Partition(int groups, int heads, int each) {
        /** Divides where there would be few tasks. */
        static Partition of(Heads h, int spans) {
            int groups = gcd(h.queryGroups(), gcd(h.keyGroups(), h.valueGroups()));
            int heads = h.heads() / groups;
            int wanted = Math.clamp((TASKS + spans * groups - 1) / (spans * groups), 1, heads);
            return new Partition(groups, heads, (heads + wanted - 1) / wanted);
        }

        /** Returns how many parts a group has. */
        int count() {
            return (heads + each - 1) / each;
        }

        /** Returns whether several parts add to the same gradient of an operand of this many heads. */
        boolean share(int all, int own) {
            return count() > 1 && each % (all / own) != 0;
        }
    }

    /** Writes all gradients; those of q, k and v are added to zeros, for each part to its own. */
    void run(Heads h, List<SequenceSpan> spans, Operands data, Partition partition, List<Gradients> gradients) {
        int perSpan = partition.groups * partition.count();
        threadPool.parallelFor(spans.size() * perSpan, (task, scratchpad) -> {
            int part = task % partition.count();
            int first = task % perSpan / partition.count() * partition.heads;
            var head = new Head(h, spans.get(task / perSpan), data, gradients.get(part), scratchpad);
            for (int i = part * partition.each; i < Math.min(partition.heads, (part + 1) * partition.each); i++) {
                head.run(first + i);
            }
        });
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** The heads of one sequence, one after the other. */
    private static final class Head {

        private final Heads h;
        private final SequenceSpan sequenceSpan;
        private final Operands data;
        private final Gradients gradients;
        private final ScanChunkGradients chunkGradients;
        private final int chunk;
        private final int chunks;
        private final int deep;
        private final int size;
        private final float[] states;
        private final float[] values;
        private final float[] decays;
        private final float[] tile;

        Head(Heads h, SequenceSpan sequenceSpan, Operands data, Gradients gradients, Scratchpad scratchpad) {
            this.h = h;
            this.sequenceSpan = sequenceSpan;
            this.data = data;
            this.gradients = gradients;
            chunk = h.chunk();
            chunks = (sequenceSpan.length() + chunk - 1) / chunk;
            deep = h.width() + chunk;
            size = MicroKernel.packedRightSize(deep, h.state());
            states = scratchpad.floats((chunks + 1) * size);
            values = scratchpad.floats(ChunkedScanForward.blockSize(chunk));
            decays = scratchpad.floats(ChunkDecay.size());
            tile = scratchpad.floats(MicroKernel.MR * MicroKernel.NR);
            chunkGradients = new ScanChunkGradients(h, data, gradients, scratchpad);
        }

        void run(int head) {
            long offset = Operands.stateOffset(h, sequenceSpan.index(), head);
            boolean some = states(head, data.state() + offset);
            boolean nextWanted = gradients.next != 0;
            chunkGradients.begin(head, nextWanted ? gradients.next + offset : 0);
            for (int c = chunks - 1; c >= 0; c--) {
                int length = Math.min(chunk, sequenceSpan.length() - c * chunk);
                boolean first = c == 0;
                chunkGradients.run(
                        sequenceSpan.row() + (long) c * chunk,
                        length,
                        states,
                        c * size,
                        !first || some,
                        nextWanted,
                        !first || gradients.state != 0);
                nextWanted = true;
            }
            if (gradients.state != 0) {
                chunkGradients.end(gradients.state + offset);
            }
        }

        /**
         * Computes the states before each chunk and after the last, (P, N) as panels, each with the keys of its chunk below;
         * returns whether the first is not all 0.
         */
        private boolean states(int head, long first) {
            boolean some = ChunkedScan.isNonZero(first, h.state() * h.width());
            for (int n = 0; n < h.state(); n += MicroKernel.NR) {
                int at = n * deep;
                if (some) {
                    int columns = Math.min(MicroKernel.NR, h.state() - n);
                    MicroKernel.panels(first + 4L * n, h.state(), h.width(), columns, states, at);
                } else {
                    Arrays.fill(states, at, at + h.width() * MicroKernel.NR, 0);
                }
            }
            for (int c = 0; c < chunks; c++) {
                long row = sequenceSpan.row() + (long) c * chunk;
                int length = Math.min(chunk, sequenceSpan.length() - c * chunk);
                keys(row, head, length, c * size);
                if (c < chunks - 1 || gradients.next != 0) { // else the result is not used
                    advance(row, head, length, c);
                }
            }
            return some;
        }

        private void keys(long row, int head, int length, int at) {
            long step = (long) h.keyGroups() * h.state();
            long key = data.key(h, row, head);
            for (int n = 0; n < h.state(); n += MicroKernel.NR) {
                int columns = Math.min(MicroKernel.NR, h.state() - n);
                MicroKernel.panels(
                        key + 4L * n, step, length, columns, states, at + n * deep + h.width() * MicroKernel.NR);
            }
        }

        private void advance(long row, int head, int length, int c) {
            int width = h.width();
            ChunkDecay decay = ChunkDecay.of(h, data, row, head, length, decays);
            MicroKernel.packLeft(data.value(h, row, head), (long) h.valueGroups() * width, length, width, values);
            for (int j = 0; j < length; j++) {
                int at = j * MicroKernel.LEFT_STRIDE;
                ChunkedScan.scaled(values, at, decay.toEnd(j) * decay.input(j), values, at, width);
            }
            int from = c * size;
            for (int n = 0; n < h.state(); n += MicroKernel.NR) {
                System.arraycopy(states, from + n * deep, states, from + size + n * deep, width * MicroKernel.NR);
            }
            float kept = decay.fromStart(length - 1);
            ChunkedScan.updateState(
                    values,
                    width,
                    states,
                    from + width * MicroKernel.NR,
                    length,
                    deep,
                    h.state(),
                    kept,
                    states,
                    from + size,
                    deep,
                    tile);
        }
    }
}
