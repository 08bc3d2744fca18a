package carve.cpu.scan;

import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.gemm.MicroKernel;
import carve.cpu.memory.NativeMemory;
import carve.cpu.scan.ChunkedScan.Heads;
import carve.cpu.scan.ChunkedScan.Operands;
import carve.cpu.scan.ChunkedScanBackward.Gradients;
import carve.cpu.simd.Transpose;
import carve.cpu.thread.Scratchpad;
import java.util.Arrays;

/**
 * The gradients of a chunk of {@link ChunkedScan}.
 *
 * <p>With M = exp(c[i] - c[j]) q[i] k'[j] the weights of a chunk, dM = dy v^T and dA = exp(c[i] - c[j]) dM, S the state
 * before and dT the gradient of the state T after it:
 *
 * <pre>
 * dq = [exp(c) dy, dA w] [S; k]        dv = [M^T, exp(c[last] - c) k'] [dy; dT^T]
 * dk' = [dA^T, exp(c[last] - c) v] [q; dT]    dS = exp(c[last]) dT + sum exp(c) dy q^T
 * </pre>
 *
 * <p>dg[t] is the sum of M[i,j] dM[i,j] over i >= t > j; of exp(c[i]) dy[i] S q[i] over i >= t; of exp(c[last] - c[j]) k'[j] dT v[j]
 * over j < t; and of exp(c[last]) dT S. The shorter way, summing q dq - k' dk' from t on, takes large numbers from each other that
 * were rounded separately: its error was fifteen times as great for 64 positions of 16 channels.
 *
 * <p>dk = w dk' and dw = k dk'. Each of the three is one product of concatenated rows with stacked panels. M and dA are computed transposed, from j down to i.
 */
final class ScanChunkGradients {

    private final Heads h;
    private final Operands data;
    private final Gradients gradients;
    private final int chunk;
    private final int state;
    private final int width;
    private final int stateStride;
    private final int widthStride;
    private final float[] leftQueries;
    private final float[] leftValues;
    private final float[] leftKeys;
    private final float[] queries;
    private final float[] keys;
    private final float[] values;
    private final float[] results;
    private final float[] queryColumns;
    private final float[] resultColumns;
    private final float[] weights;
    private final float[] scores;
    private final float[] rightResults;
    private final float[] rightQueries;
    private final float[] output;
    private final float[] decays;
    private final float[] tile;
    private final float[] scratch;
    private final double[]
            decayTerms; // of M dM, sums over j less sums over i, then what reaches i from before the chunk
    private final double[] outgoing; // what leaves the chunk from j
    private int head;
    private ChunkDecay decay;

    ScanChunkGradients(Heads h, Operands data, Gradients gradients, Scratchpad scratchpad) {
        this.h = h;
        this.data = data;
        this.gradients = gradients;
        chunk = h.chunk();
        state = h.state();
        width = h.width();
        stateStride = MicroKernel.panels(state) * MicroKernel.NR;
        widthStride = MicroKernel.panels(width) * MicroKernel.NR;
        int block = ChunkedScanForward.blockSize(chunk);
        leftQueries = scratchpad.floats(block);
        leftValues = scratchpad.floats(block);
        leftKeys = scratchpad.floats(block);
        queries = scratchpad.floats(block);
        keys = scratchpad.floats(block);
        values = scratchpad.floats(block);
        results = scratchpad.floats(block);
        weights = scratchpad.floats(block);
        scores = scratchpad.floats(block);
        queryColumns = scratchpad.floats(MicroKernel.packedRightSize(state, chunk));
        resultColumns = scratchpad.floats(MicroKernel.packedRightSize(width, chunk));
        rightResults = scratchpad.floats(MicroKernel.packedRightSize(chunk + state, width));
        rightQueries = scratchpad.floats(MicroKernel.packedRightSize(chunk + width, state) + LANES * MicroKernel.NR);
        output = scratchpad.floats(MicroKernel.MR * Math.max(stateStride, widthStride));
        decays = scratchpad.floats(ChunkDecay.size());
        tile = scratchpad.floats(MicroKernel.MR * MicroKernel.NR);
        scratch = scratchpad.floats(Transpose.scratchSize());
        decayTerms = new double[MicroKernel.LEFT_STRIDE];
        outgoing = new double[chunk];
        decay = new ChunkDecay(decays);
    }

    /** Begins a head with the gradient of its last state, (P, N) at an address, or none. */
    void begin(int next, long gradient) {
        head = next;
        for (int n = 0; n < state; n += MicroKernel.NR) {
            int at = stateAt(n);
            if (gradient != 0) {
                int columns = Math.min(MicroKernel.NR, state - n);
                MicroKernel.panels(gradient + 4L * n, state, width, columns, rightQueries, at);
            } else {
                Arrays.fill(rightQueries, at, at + width * MicroKernel.NR, 0);
            }
        }
    }

    /** Writes the gradient of the first state. */
    void end(long to) {
        for (int n = 0; n < state; n += MicroKernel.NR) {
            int columns = Math.min(MicroKernel.NR, state - n);
            for (int p = 0; p < width; p++) {
                NativeMemory.copy(
                        rightQueries, stateAt(n) + p * MicroKernel.NR, to + 4 * ((long) p * state + n), columns);
            }
        }
    }

    /** Returns where the panel of the gradient of the state that begins at a column is. */
    private int stateAt(int column) {
        return column * (chunk + width) + chunk * MicroKernel.NR;
    }

    /**
     * Computes the gradients of a chunk.
     *
     * @param states the states, as {@link ChunkedScanBackward} keeps them
     * @param before where the state before the chunk begins
     * @param some whether that is not all 0
     * @param nextWanted whether the gradient of the state after the chunk is not all 0
     * @param passedOn whether the gradient of the state before the chunk is asked for
     */
    void run(long row, int length, float[] states, int before, boolean some, boolean nextWanted, boolean passedOn) {
        decay = ChunkDecay.of(h, data, row, head, length, decays);
        int shift = chunk - length; // what is below each other ends where the gradient of the state begins
        load(row, length, shift, nextWanted);
        weights(length, shift);
        left(length, nextWanted);
        queries(row, length, states, before, some);
        values(row, length, shift, nextWanted);
        keys(row, length, shift, nextWanted);
        decays(row, length, nextWanted && some ? decay.fromStart(length - 1) * dotOfStates(states, before) : 0);
        if (passedOn) {
            float kept = decay.fromStart(length - 1);
            int first = shift * MicroKernel.NR;
            int deep = chunk + width;
            ChunkedScan.updateState(
                    leftQueries,
                    width,
                    rightQueries,
                    first,
                    length,
                    deep,
                    state,
                    kept,
                    rightQueries,
                    stateAt(0),
                    deep,
                    tile);
        }
    }

    /** Writes the gradients of g. */
    private void decays(long row, int length, double through) {
        double sum = through;
        for (int i = 0; i < length; i++) {
            sum += outgoing[i];
        }
        for (int i = length - 1; i >= 0; i--) {
            sum += decayTerms[i] - outgoing[i];
            NativeMemory.set(gradients.g() + 4 * ((row + i) * h.heads() + head), (float) sum);
        }
    }

    /** Packs q, k, v and dy, and transposes the gradient of the state. */
    private void load(long row, int length, int shift, boolean nextWanted) {
        long queryStep = (long) h.queryGroups() * state;
        long valueStep = (long) h.valueGroups() * width;
        long resultStep = (long) h.heads() * width;
        long query = data.query(h, row, head);
        long dy = gradients.dy() + data.result(h, row, head) - data.y();
        MicroKernel.packLeft(query, queryStep, length, state, queries);
        Transpose.toPanels(
                queries, 0, MicroKernel.LEFT_STRIDE, length, state, queryColumns, 0, state, MicroKernel.NR, scratch);
        MicroKernel.packLeft(data.key(h, row, head), (long) h.keyGroups() * state, length, state, keys);
        MicroKernel.packLeft(data.value(h, row, head), valueStep, length, width, values);
        MicroKernel.packLeft(dy, resultStep, length, width, results);
        Transpose.toPanels(
                results, 0, MicroKernel.LEFT_STRIDE, length, width, resultColumns, 0, width, MicroKernel.NR, scratch);
        for (int p = 0; p < width; p += MicroKernel.NR) {
            int at = p * (chunk + state) + shift * MicroKernel.NR;
            MicroKernel.panels(dy + 4L * p, resultStep, length, Math.min(MicroKernel.NR, width - p), rightResults, at);
        }
        for (int n = 0; n < state; n += MicroKernel.NR) {
            int columns = Math.min(MicroKernel.NR, state - n);
            int at = n * (chunk + width) + shift * MicroKernel.NR;
            MicroKernel.panels(query + 4L * n, queryStep, length, columns, rightQueries, at);
            if (nextWanted) {
                int to = (chunk + n) * MicroKernel.NR;
                Transpose.toPanels(
                        rightQueries,
                        stateAt(n),
                        MicroKernel.NR,
                        width,
                        columns,
                        rightResults,
                        to,
                        chunk + state,
                        MicroKernel.NR,
                        scratch);
            }
        }
    }

    /** Computes the parts of the left operands that come from within the chunk. */
    private void weights(int length, int shift) {
        Arrays.fill(decayTerms, 0);
        for (int r = 0; r < length; r += MicroKernel.MR) {
            int rows = Math.min(MicroKernel.MR, length - r);
            int at = r * MicroKernel.LEFT_STRIDE;
            int n = r / MicroKernel.NR * MicroKernel.NR; // earlier panels are before the diagonal
            ChunkedScan.multiply(
                    keys,
                    at,
                    queryColumns,
                    n * state,
                    state,
                    state,
                    rows,
                    length - n,
                    weights,
                    at + n,
                    MicroKernel.LEFT_STRIDE);
            ChunkedScan.multiply(
                    values,
                    at,
                    resultColumns,
                    n * width,
                    width,
                    width,
                    rows,
                    length - n,
                    scores,
                    at + n,
                    MicroKernel.LEFT_STRIDE);
            for (int j = r; j < r + rows; j++) {
                int own = j * MicroKernel.LEFT_STRIDE;
                int first = r / LANES * LANES;
                decay.applyDecayTransposed(
                        j, first, length, weights, scores, own, leftValues, leftKeys, own + shift, weights, decayTerms);
            }
        }
    }

    /** Fills in what the left operands begin or end with. */
    private void left(int length, boolean nextWanted) {
        for (int i = 0; i < length; i++) {
            int at = i * MicroKernel.LEFT_STRIDE;
            ChunkedScan.scaled(results, at, decay.fromStart(i), leftQueries, at, width);
            if (nextWanted) {
                ChunkedScan.scaled(keys, at, decay.toEnd(i) * decay.input(i), leftValues, at + chunk, state);
                ChunkedScan.scaled(values, at, decay.toEnd(i), leftKeys, at + chunk, width);
            }
        }
        Transpose.toRowMajor(
                weights,
                0,
                MicroKernel.LEFT_STRIDE,
                length,
                length,
                leftQueries,
                width,
                MicroKernel.LEFT_STRIDE,
                scratch);
    }

    private void queries(long row, int length, float[] states, int before, boolean some) {
        int deep = width + chunk;
        for (int r = 0; r < length; r += MicroKernel.MR) {
            int rows = Math.min(MicroKernel.MR, length - r);
            int from = r * MicroKernel.LEFT_STRIDE;
            long to = gradients.q() + data.query(h, row + r, head) - data.q();
            if (some) {
                ChunkedScan.multiply(
                        leftQueries, from, states, before, width, deep, rows, state, output, 0, stateStride);
                for (int i = 0; i < rows; i++) {
                    decayTerms[r + i] +=
                            ChunkedScan.dot(output, i * stateStride, queries, (r + i) * MicroKernel.LEFT_STRIDE, state);
                }
                MicroKernel.storeTile(output, stateStride, rows, state, to, (long) h.queryGroups() * state, true);
            }
            int panel = before + width * MicroKernel.NR;
            ChunkedScan.multiply(
                    leftQueries, from + width, states, panel, r + rows, deep, rows, state, output, 0, stateStride);
            MicroKernel.storeTile(output, stateStride, rows, state, to, (long) h.queryGroups() * state, true);
        }
    }

    private void values(long row, int length, int shift, boolean nextWanted) {
        for (int r = 0; r < length; r += MicroKernel.MR) {
            int rows = Math.min(MicroKernel.MR, length - r);
            int first = shift + r;
            int depth = length - r + (nextWanted ? state : 0);
            int deep = chunk + state;
            int from = r * MicroKernel.LEFT_STRIDE + first;
            int panel = first * MicroKernel.NR;
            ChunkedScan.multiply(
                    leftValues, from, rightResults, panel, depth, deep, rows, width, output, 0, widthStride);
            long to = gradients.v() + data.value(h, row + r, head) - data.v();
            MicroKernel.storeTile(output, widthStride, rows, width, to, (long) h.valueGroups() * width, true);
        }
    }

    private void keys(long row, int length, int shift, boolean nextWanted) {
        Arrays.fill(outgoing, 0);
        int deep = chunk + width;
        for (int r = 0; r < length; r += MicroKernel.MR) {
            int rows = Math.min(MicroKernel.MR, length - r);
            int from = r * MicroKernel.LEFT_STRIDE;
            int first = shift + r;
            int panel = first * MicroKernel.NR;
            ChunkedScan.multiply(
                    leftKeys, from + first, rightQueries, panel, length - r, deep, rows, state, output, 0, stateStride);
            addKeys(row, r, rows, false);
            if (nextWanted) {
                int last = chunk * MicroKernel.NR;
                ChunkedScan.multiply(
                        leftKeys, from + chunk, rightQueries, last, width, deep, rows, state, output, 0, stateStride);
                addKeys(row, r, rows, true);
            }
        }
    }

    /** Adds to the gradients of keys and inputs what comes from within the chunk, and then what comes from after it. */
    private void addKeys(long row, int r, int rows, boolean after) {
        for (int i = 0; i < rows; i++) {
            int at = i * stateStride;
            float input = decay.input(r + i);
            float gradient = ChunkedScan.dot(output, at, keys, (r + i) * MicroKernel.LEFT_STRIDE, state);
            long to = gradients.w() + 4 * ((row + r + i) * h.heads() + head);
            NativeMemory.set(to, after ? NativeMemory.get(to) + gradient : gradient);
            outgoing[r + i] = after ? input * gradient : 0;
            ChunkedScan.scaled(output, at, input, output, at, state);
        }
        long to = gradients.k() + data.key(h, row + r, head) - data.k();
        MicroKernel.storeTile(output, stateStride, rows, state, to, (long) h.keyGroups() * state, true);
    }

    /** Returns the sum of the products of the state before the chunk and the gradient of that after it. */
    private float dotOfStates(float[] states, int before) {
        float sum = 0;
        for (int n = 0; n < state; n += MicroKernel.NR) {
            int at = before + n * (width + chunk);
            if (state - n >= MicroKernel.NR) {
                sum += ChunkedScan.dot(rightQueries, stateAt(n), states, at, width * MicroKernel.NR);
            } else {
                for (int p = 0; p < width; p++) {
                    int row = p * MicroKernel.NR;
                    sum += ChunkedScan.dot(rightQueries, stateAt(n) + row, states, at + row, state - n);
                }
            }
        }
        return sum;
    }
}
