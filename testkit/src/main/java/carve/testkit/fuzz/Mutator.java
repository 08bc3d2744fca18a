package carve.testkit.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A source of inputs that are made from good ones: bytes and numbers are changed, parts are removed, repeated, nested and exchanged.
 * Of JSON documents, half of the changes are to one of their values.
 */
public final class Mutator {
    private static final int MAX_LENGTH = 1 << 17;
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };
    private static final List<String> TEXTS = List.of(
            "0",
            "-1",
            "1",
            "1.5",
            "-0.0",
            "1e999",
            "-1e999",
            "1e-999",
            "NaN",
            "Infinity",
            "-Infinity",
            "2147483647",
            "2147483648",
            "1000000",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "null",
            "true",
            "\"\"",
            "\"\\ud800\"",
            "[]",
            "{}",
            "[[]]",
            ",",
            ":",
            "\"",
            "'",
            "\\",
            "\u0000",
            "\n",
            "#",
            "..",
            "/",
            "\u00e9",
            "\ud83d\ude00");
    private static final List<String> BRACKETS = List.of("[", "{", "(", "\"", "{\"a\":", "[[", "\\", "-", " ");

    private final List<byte[]> seeds;
    private final List<String> words;
    private final SplittableRandom random;
    private final JsonMutator json;

    /**
     * Makes a source; equal arguments make equal inputs in equal order.
     *
     * @param seeds good inputs, at least one
     * @param words texts that mean something to the reader
     * @param seed of the random numbers
     */
    public Mutator(List<byte[]> seeds, List<String> words, long seed) {
        this.seeds = seeds;
        this.words = words;
        this.random = new SplittableRandom(seed);
        this.json = new JsonMutator(random);
    }

    /** Returns another input, of at most {@value #MAX_LENGTH} bytes or those of the longest good one. */
    public byte[] next() {
        byte[] input = pick(seeds).clone();
        int changes = random.nextBoolean() ? 1 : 1 << random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            byte[] changed = change(input);
            input = changed.length > MAX_LENGTH && changed.length > input.length ? input : changed;
        }
        return input;
    }

    private byte[] change(byte[] in) {
        return random.nextBoolean() ? json.change(in).orElseGet(() -> changeBytes(in)) : changeBytes(in);
    }

    private byte[] changeBytes(byte[] in) {
        return switch (random.nextInt(10)) {
            case 0 -> flip(in);
            case 1 -> overwrite(in);
            case 2 -> Arrays.copyOf(in, place(in));
            case 3 -> remove(in);
            case 4 -> insert(in, slice(in));
            case 5 -> insert(in, slice(pick(seeds)));
            case 6 -> insert(in, repeated(pick(BRACKETS)));
            case 7 -> insert(in, repeated(new String(slice(in), StandardCharsets.ISO_8859_1)));
            case 8 -> exchangeNumber(in);
            default -> insert(in, bytes(words.isEmpty() || random.nextBoolean() ? pick(TEXTS) : pick(words)));
        };
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private int place(byte[] in) {
        // beginnings matter most: headers are there
        int limit = random.nextBoolean() ? in.length : Math.min(in.length, 256);
        return random.nextInt(limit + 1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] flip(byte[] in) {
        byte[] out = in.clone();
        for (int i = random.nextInt(4); i >= 0 && out.length > 0; i--) {
            out[Math.min(out.length - 1, place(out))] ^= (byte) (1 << random.nextInt(8));
        }
        return out;
    }

    // a binary number, little-endian, of 1, 2, 4 or 8 bytes
    private byte[] overwrite(byte[] in) {
        byte[] out = in.clone();
        int at = place(in);
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        int width = 1 << random.nextInt(4);
        for (int i = 0; i < width && at + i < out.length; i++) {
            out[at + i] = (byte) (number >>> 8 * i);
        }
        return out;
    }

    private byte[] remove(byte[] in) {
        int from = place(in);
        int to = Math.min(in.length, from + random.nextInt(1 + Math.min(64, in.length)));
        byte[] out = new byte[in.length - (to - from)];
        System.arraycopy(in, 0, out, 0, from);
        System.arraycopy(in, to, out, from, in.length - to);
        return out;
    }

    private byte[] slice(byte[] in) {
        int from = place(in);
        return Arrays.copyOfRange(in, from, Math.min(in.length, from + random.nextInt(256)));
    }

    private byte[] repeated(String text) {
        int times = 1 << random.nextInt(15);
        return text.isEmpty()
                ? new byte[0]
                : text.repeat(Math.min(times, MAX_LENGTH / text.length())).getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] insert(byte[] in, byte[] part) {
        int at = place(in);
        byte[] out = Arrays.copyOf(in, in.length + part.length);
        System.arraycopy(part, 0, out, at, part.length);
        System.arraycopy(in, at, out, at + part.length, in.length - at);
        return out;
    }

    // the first number in text at or after a place
    private byte[] exchangeNumber(byte[] in) {
        int from = place(in);
        while (from < in.length && !Character.isDigit(in[from])) {
            from++;
        }
        int to = from;
        while (to < in.length && (Character.isDigit(in[to]) || in[to] == '.')) {
            to++;
        }
        byte[] number = bytes(pick(TEXTS));
        byte[] out = Arrays.copyOf(in, in.length - (to - from) + number.length);
        System.arraycopy(number, 0, out, from, number.length);
        System.arraycopy(in, to, out, from + number.length, in.length - to);
        return out;
    }
}
