package carve.models.tokenizer.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A set of Unicode code points. */
public sealed interface CharacterSet {
    /** Returns whether a code point is in the set. */
    boolean contains(int codePoint);

    /** Returns the set of the code points in a range, both ends included. */
    static CharacterSet range(int first, int last) {
        return new Ranges(first, last);
    }

    /** Returns the set of one code point. */
    static CharacterSet of(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** Returns all code points that are not in a set. */
    static CharacterSet not(CharacterSet set) {
        return switch (set) {
            case Not(CharacterSet inner) -> inner;
            case Categories(int mask) -> new Categories(~mask);
            default -> new Not(set);
        };
    }

    /** Returns the union of sets; categories and ranges among them become one test each. */
    static CharacterSet union(List<CharacterSet> sets) {
        if (sets.size() == 1) {
            return sets.getFirst();
        }
        int mask = 0;
        int[] bounds = {};
        List<CharacterSet> rest = new ArrayList<>();
        for (CharacterSet set : sets) {
            switch (set) {
                case Categories(int more) -> mask |= more;
                case Ranges(int[] more) -> {
                    int[] both = Arrays.copyOf(bounds, bounds.length + more.length);
                    System.arraycopy(more, 0, both, bounds.length, more.length);
                    bounds = both;
                }
                default -> rest.add(set);
            }
        }
        return new Union(mask, bounds, List.copyOf(rest));
    }

    /** Returns the code points that are in both sets. */
    static CharacterSet both(CharacterSet one, CharacterSet other) {
        return new Both(one, other);
    }

    /** Returns a set with the code points that differ from one of its own in case only. */
    static CharacterSet ignoreCase(CharacterSet set) {
        return set instanceof Not(CharacterSet inner) ? new Not(new IgnoreCase(inner)) : new IgnoreCase(set);
    }

    /** Returns a set with a table for ASCII. */
    static CharacterSet tabulated(CharacterSet set) {
        if (set instanceof Tabulated) {
            return set;
        }
        long low = 0;
        long high = 0;
        for (int c = 0; c < 64; c++) {
            low |= set.contains(c) ? 1L << c : 0;
            high |= set.contains(c + 64) ? 1L << c : 0;
        }
        return new Tabulated(low, high, set);
    }

    /**
     * The code points of general categories.
     *
     * @param mask a bit for each value of {@link Character#getType(int)}
     */
    record Categories(int mask) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return (mask >>> Character.getType(codePoint) & 1) != 0;
        }
    }

    /**
     * The code points of ranges.
     *
     * @param bounds the first and the last of each
     */
    record Ranges(int... bounds) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return within(codePoint, bounds);
        }

        static boolean within(int codePoint, int... bounds) {
            for (int i = 0; i < bounds.length; i += 2) {
                if (codePoint >= bounds[i] && codePoint <= bounds[i + 1]) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The code points of a script, in the sense of UAX 24. */
    record Script(Character.UnicodeScript script) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return Character.UnicodeScript.of(codePoint) == script;
        }
    }

    /** The alphabetic code points. */
    record Alphabetic() implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return Character.isAlphabetic(codePoint);
        }
    }

    /** The complement of a set. */
    record Not(CharacterSet set) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return !set.contains(codePoint);
        }
    }

    /** The union of categories, ranges and other sets. */
    record Union(int mask, int[] bounds, List<CharacterSet> rest) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return (mask >>> Character.getType(codePoint) & 1) != 0
                    || Ranges.within(codePoint, bounds)
                    || !rest.isEmpty() && rest.stream().anyMatch(set -> set.contains(codePoint));
        }
    }

    /** The intersection of two sets. */
    record Both(CharacterSet one, CharacterSet other) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            return one.contains(codePoint) && other.contains(codePoint);
        }
    }

    /** A set without regard to case. */
    record IgnoreCase(CharacterSet set) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            int upper = Character.toUpperCase(codePoint);
            return set.contains(codePoint)
                    || set.contains(upper)
                    || set.contains(Character.toLowerCase(codePoint))
                    || set.contains(Character.toLowerCase(upper));
        }
    }

    /** A set whose ASCII members are looked up in two words. */
    record Tabulated(long low, long high, CharacterSet set) implements CharacterSet {
        @Override
        public boolean contains(int codePoint) {
            if (codePoint < 64) {
                return (low >>> codePoint & 1) != 0;
            }
            return codePoint < 128 ? (high >>> codePoint & 1) != 0 : set.contains(codePoint);
        }
    }
}
