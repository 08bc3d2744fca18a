package carve.cpu.attention;

import carve.cpu.attention.FlashAttention.Heads;
import carve.cpu.memory.NativeMemory;

/** The addresses of the operands, of which sinks may be 0 for none, of the result and of the logarithms of sums. */
record AttentionOperands(long q, long k, long v, long sinks, long y, long logSumExp) {
    long query(Heads h, long row, int head) {
        return q + 4 * (row * h.heads() + head) * h.keyWidth();
    }

    long key(Heads h, long row, int group) {
        return k + h.stored().bytes((row * h.kvHeads() + group) * h.keyWidth());
    }

    long value(Heads h, long row, int group) {
        return v + h.stored().bytes((row * h.kvHeads() + group) * h.valueWidth());
    }

    long result(Heads h, long row, int head) {
        return y + 4 * (row * h.heads() + head) * h.valueWidth();
    }

    long sum(Heads h, long row, int head) {
        return logSumExp + 4 * (row * h.heads() + head);
    }

    /** Returns the score of a head's sink, which is negative infinity where there are no sinks. */
    float sink(int head) {
        return sinks == 0 ? Float.NEGATIVE_INFINITY : NativeMemory.get(sinks + 4L * head);
    }
}
