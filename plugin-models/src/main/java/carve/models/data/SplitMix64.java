package carve.models.data;

import java.util.Arrays;
import java.util.List;

/** Random choices that are a function of a key: SplitMix64 (Steele, Lea and Flood 2014), the same on every machine. */
final class SplitMix64 {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    SplitMix64(long... key) {
        for (long part : key) {
            state = mix(state + GAMMA ^ part);
        }
    }

    static long mix(long value) {
        long first = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        long second = (first ^ first >>> 27) * 0x94D049BB133111EBL;
        return second ^ second >>> 31;
    }

    long next() {
        state += GAMMA;
        return mix(state);
    }

    /** Returns a number in 0..bound-1; the bias of the remainder is below 2^-31 for the bounds used here. */
    int nextInt(int bound) {
        return (int) Long.remainderUnsigned(next(), bound);
    }

    /** Returns a number from {@code from} to {@code to}, both included. */
    int nextIntBetween(int from, int to) {
        return from + nextInt(to - from + 1);
    }

    /** Returns a number in 0..1, 1 excluded. */
    double nextDouble() {
        return (next() >>> 11) * 0x1p-53;
    }

    <T> T choose(List<T> choices) {
        return choices.get(nextInt(choices.size()));
    }

    <T> T choose(T[] choices) {
        return choices[nextInt(choices.length)];
    }

    /** Returns {@code count} different numbers in 0..bound-1 in random order. */
    int[] sampleDistinct(int count, int bound) {
        int[] numbers = new int[bound];
        for (int i = 0; i < bound; i++) {
            numbers[i] = i;
        }
        for (int i = 0; i < count; i++) {
            int other = nextIntBetween(i, bound - 1);
            int taken = numbers[other];
            numbers[other] = numbers[i];
            numbers[i] = taken;
        }
        return Arrays.copyOf(numbers, count);
    }
}
