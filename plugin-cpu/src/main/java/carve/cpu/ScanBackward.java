package carve.cpu;

import carve.cpu.Scan.Data;
import carve.cpu.Scan.Heads;
import carve.cpu.Scan.Span;
import java.util.Arrays;
import java.util.List;

/**
 * The gradients of {@link Scan}, chunk by chunk from the end; see {@link ScanSlopes} for those of a chunk.
 *
 * <p>The states before the chunks are computed again. One task computes heads that add to the same groups, all of them unless
 * there are few groups: then some, and what several tasks add to has a place for each, to be summed afterwards in their order.
 */
final class ScanBackward {
    private static final int TASKS = 16;

    private final Workers workers;

    ScanBackward(Workers workers) {
        this.workers = workers;
    }

    /** Where the gradients of the results are, 0 where there is none, and where those of the operands go. */
    record Slopes(long dy, long next, long q, long k, long v, long g, long w, long state) {}

    /**
     * How the heads of a group, which add to the same gradients, are divided: by the shape alone, so that the order of sums does
     * not depend on the number of threads.
     *
     * @param groups of heads that share nothing with each other
     * @param heads of a group
     * @param each heads of a part
     */
    record Parts(int groups, int heads, int each) {
        /** Divides where there would be few tasks. */
        static Parts of(Heads h, int spans) {
            int groups = gcd(h.queryGroups(), gcd(h.keyGroups(), h.valueGroups()));
            int heads = h.heads() / groups;
            int wanted = Math.clamp((TASKS + spans * groups - 1) / (spans * groups), 1, heads);
            return new Parts(groups, heads, (heads + wanted - 1) / wanted);
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
    void run(Heads h, List<Span> spans, Data data, Parts parts, List<Slopes> slopes) {
        int perSpan = parts.groups * parts.count();
        workers.run(spans.size() * perSpan, (task, scratch) -> {
            int part = task % parts.count();
            int first = task % perSpan / parts.count() * parts.heads;
            var head = new Head(h, spans.get(task / perSpan), data, slopes.get(part), scratch);
            for (int i = part * parts.each; i < Math.min(parts.heads, (part + 1) * parts.each); i++) {
                head.run(first + i);
            }
        });
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** The heads of one sequence, one after the other. */
    private static final class Head {
        private static final int STATES = 0;
        private static final int VALUES = 1;
        private static final int DECAY = 2;
        private static final int TILE = 3;

        private final Heads h;
        private final Span span;
        private final Data data;
        private final Slopes slopes;
        private final ScanSlopes chunkSlopes;
        private final int chunk;
        private final int chunks;
        private final int deep;
        private final int size;
        private final float[] states;
        private final float[] values;
        private final float[] decays;
        private final float[] tile;

        Head(Heads h, Span span, Data data, Slopes slopes, Scratch scratch) {
            this.h = h;
            this.span = span;
            this.data = data;
            this.slopes = slopes;
            chunk = h.chunk();
            chunks = (span.length() + chunk - 1) / chunk;
            deep = h.width() + chunk;
            size = Tiles.panelsSize(deep, h.state());
            states = scratch.floats(STATES, (chunks + 1) * size);
            values = scratch.floats(VALUES, ScanForward.blockSize(chunk));
            decays = scratch.floats(DECAY, ScanDecay.size());
            tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
            chunkSlopes = new ScanSlopes(h, data, slopes, scratch);
        }

        void run(int head) {
            long offset = Data.stateOffset(h, span.index(), head);
            boolean some = states(head, data.state() + offset);
            boolean sloped = slopes.next != 0;
            chunkSlopes.begin(head, sloped ? slopes.next + offset : 0);
            for (int c = chunks - 1; c >= 0; c--) {
                int length = Math.min(chunk, span.length() - c * chunk);
                boolean first = c == 0;
                chunkSlopes.run(
                        span.row() + (long) c * chunk,
                        length,
                        states,
                        c * size,
                        !first || some,
                        sloped,
                        !first || slopes.state != 0);
                sloped = true;
            }
            if (slopes.state != 0) {
                chunkSlopes.end(slopes.state + offset);
            }
        }

        /**
         * Computes the states before each chunk and after the last, (P, N) as panels, each with the keys of its chunk below;
         * returns whether the first is not all 0.
         */
        private boolean states(int head, long first) {
            boolean some = Scan.isSome(first, h.state() * h.width());
            for (int n = 0; n < h.state(); n += Tiles.PANEL) {
                int at = n * deep;
                if (some) {
                    int columns = Math.min(Tiles.PANEL, h.state() - n);
                    Tiles.panels(first + 4L * n, h.state(), h.width(), columns, states, at);
                } else {
                    Arrays.fill(states, at, at + h.width() * Tiles.PANEL, 0);
                }
            }
            for (int c = 0; c < chunks; c++) {
                long row = span.row() + (long) c * chunk;
                int length = Math.min(chunk, span.length() - c * chunk);
                keys(row, head, length, c * size);
                if (c < chunks - 1 || slopes.next != 0) { // else nobody asks for what comes out
                    advance(row, head, length, c);
                }
            }
            return some;
        }

        private void keys(long row, int head, int length, int at) {
            long step = (long) h.keyGroups() * h.state();
            long key = data.key(h, row, head);
            for (int n = 0; n < h.state(); n += Tiles.PANEL) {
                int columns = Math.min(Tiles.PANEL, h.state() - n);
                Tiles.panels(key + 4L * n, step, length, columns, states, at + n * deep + h.width() * Tiles.PANEL);
            }
        }

        private void advance(long row, int head, int length, int c) {
            int width = h.width();
            ScanDecay decay = ScanDecay.of(h, data, row, head, length, decays);
            Tiles.block(data.value(h, row, head), (long) h.valueGroups() * width, length, width, values);
            for (int j = 0; j < length; j++) {
                int at = j * Tiles.STRIDE;
                Scan.scaled(values, at, decay.toEnd(j) * decay.input(j), values, at, width);
            }
            int from = c * size;
            for (int n = 0; n < h.state(); n += Tiles.PANEL) {
                System.arraycopy(states, from + n * deep, states, from + size + n * deep, width * Tiles.PANEL);
            }
            float kept = decay.fromStart(length - 1);
            Scan.advance(
                    values,
                    width,
                    states,
                    from + width * Tiles.PANEL,
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
