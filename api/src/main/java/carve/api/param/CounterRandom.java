package carve.api.param;

import java.nio.charset.StandardCharsets;

/**
 * Random numbers that are a pure function of (seed, name, index), so that they are the same on every device, in any
 * order and after any resumption: SplitMix64's finaliser (Steele, Lea and Flood 2014) over a keyed counter.
 */
public final class CounterRandom {
    private final long key;

    /** Makes the numbers of a name under a seed. */
    public CounterRandom(long seed, String name) {
        long hash = mix(seed + 0x9E3779B97F4A7C15L);
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = mix(hash ^ b & 0xFF);
        }
        this.key = hash;
    }

    /** Returns 64 random bits. */
    public long bits(long index) {
        return mix(key + (index + 1) * 0x9E3779B97F4A7C15L);
    }

    /** Returns a number from 0 (inclusive) to 1 (exclusive), uniformly distributed. */
    public double uniform(long index) {
        return (bits(index) >>> 11) * 0x1p-53;
    }

    /** Returns a number from 0 (inclusive) to a bound (exclusive), uniformly distributed. */
    public int below(long index, int bound) {
        return (int) (uniform(index) * bound);
    }

    /** Returns a standard normal number, by Box and Muller's transform of two uniform ones. */
    public double normal(long index) {
        double radius = Math.sqrt(-2 * Math.log(1 - uniform(2 * index)));
        return radius * Math.cos(2 * Math.PI * uniform(2 * index + 1));
    }

    private static long mix(long z) {
        long x = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }
}
