package carve.api.gguf.block;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** A table of short vectors of small integers, which the blocks of IQ1, IQ2 and IQ3 hold indices to. */
final class Codebook {
    static final Codebook IQ2_XXS = read("IQ2_XXS");
    static final Codebook IQ2_XS = read("IQ2_XS");
    static final Codebook IQ2_S = read("IQ2_S");
    static final Codebook IQ3_XXS = read("IQ3_XXS");
    static final Codebook IQ3_S = read("IQ3_S");
    static final Codebook IQ1_S = read("IQ1_S");

    private static final String RESOURCE = "codebooks.txt";

    private final int width;
    private final byte[] values;

    private Codebook(int width, byte[] values) {
        this.width = width;
        this.values = values;
    }

    /** Returns a value of an entry. */
    int value(int entry, int element) {
        return values[entry * width + element];
    }

    private static Codebook read(String name) {
        Iterator<String> lines = lines().iterator();
        while (lines.hasNext()) {
            String[] words = lines.next().split(" ");
            if (words[0].equals(name)) {
                return parse(Integer.parseInt(words[1]), words[2].split(","), lines);
            }
        }
        throw new IllegalStateException("no codebook " + name);
    }

    private static Codebook parse(int width, String[] levels, Iterator<String> lines) {
        StringBuilder digits = new StringBuilder();
        while (lines.hasNext()) {
            String line = lines.next();
            if (!Character.isDigit(line.charAt(0))) {
                break;
            }
            digits.append(line);
        }
        int[] level = Arrays.stream(levels).mapToInt(Integer::parseInt).toArray();
        byte[] values = new byte[digits.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) level[digits.charAt(i) - '0'];
        }
        return new Codebook(width, values);
    }

    private static List<String> lines() {
        try (InputStream stream = Codebook.class.getResourceAsStream(RESOURCE)) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
