package carve.models.template.syntax;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The lines of a source. */
final class Lines {
    private final int[] ends;

    Lines(String source) {
        this.ends = IntStream.range(0, source.length())
                .filter(i -> source.charAt(i) == '\n')
                .toArray();
    }

    /** Returns the line of a character, from 1. */
    int of(int position) {
        int found = Arrays.binarySearch(ends, position);
        return 1 + (found >= 0 ? found : -found - 1);
    }
}
