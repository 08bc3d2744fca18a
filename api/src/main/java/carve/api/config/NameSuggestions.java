package carve.api.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Suggestions of similar names in error messages, in the same form everywhere. */
public final class NameSuggestions {
    private NameSuggestions() {}

    /**
     * Returns the least number of insertions, deletions, substitutions and swaps of neighbours between two words.
     *
     * <p>This is the optimal string alignment distance: no part of a word is edited twice.
     */
    public static int editDistance(String a, String b) {
        int[] before = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] free = before;
            before = last;
            last = row;
            row = free;
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(last[j], row[j - 1]) + 1);
                if (isSwap(a, i, b, j)) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
            }
        }
        return row[b.length()];
    }

    private static boolean isSwap(String a, int i, String b, int j) {
        return i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    }

    /**
     * Returns the known name nearest to another, if one is near: at most one edit in three letters, where letter case and
     * the difference between dash and underscore do not count.
     */
    public static Optional<String> suggest(String name, Collection<String> known) {
        String wanted = fold(name);
        int limit = Math.min(Math.max(1, wanted.length() / 3), wanted.length() - 1);
        return known.stream()
                .filter(candidate -> !candidate.equals(name))
                .filter(candidate -> Math.abs(candidate.length() - name.length()) <= limit)
                .filter(candidate -> editDistance(wanted, fold(candidate)) <= limit)
                .min(Comparator.<String>comparingInt(candidate -> editDistance(wanted, fold(candidate)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Returns {@code "; it is now called 'inputs'"} for a name that was renamed, {@code "; did you mean 'state-size'?"} for a
     * known name that is near, or nothing.
     */
    public static String suggestion(String name, Collection<String> known) {
        return RenamedNames.of(name, known)
                .map("; it is now called '%s'"::formatted)
                .or(() -> suggest(name, known).map("; did you mean '%s'?"::formatted))
                .orElse("");
    }

    /**
     * Returns the message for a name that does not exist, as in
     * {@code no mixer 'mamba3'; there are attention, mamba2, retention (did you mean 'mamba2'?)}; a name that was renamed is
     * followed by its new name instead.
     */
    public static String unknown(String kind, String name, Collection<String> known) {
        var sorted = known.stream().sorted(naturalOrder()).toList();
        String there = switch (sorted.size()) {
            case 0 -> "there are none";
            case 1 -> "there is " + sorted.getFirst();
            default -> "there are " + String.join(", ", sorted);
        };
        String meant = RenamedNames.of(name, known)
                .map(" (it is now called '%s')"::formatted)
                .or(() -> suggest(name, known).map(" (did you mean '%s'?)"::formatted))
                .orElse("");
        return "no %s '%s'; %s%s".formatted(kind, name, there, meant);
    }

    /** Returns the order in which {@code layers.2} comes before {@code layers.10}: runs of digits compare as numbers. */
    public static Comparator<String> naturalOrder() {
        return Comparator.comparing(NameSuggestions::padded).thenComparing(Comparator.naturalOrder());
    }

    // digits become "(count of digits)(digits)", which sorts by value
    private static String padded(String name) {
        var out = new StringBuilder();
        for (int i = 0; i < name.length(); ) {
            int end = i;
            while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
                end++;
            }
            if (end > i) {
                int start = i;
                while (start < end - 1 && name.charAt(start) == '0') {
                    start++;
                }
                out.append((char) ('0' + Math.min(end - start, 1000))).append(name, start, end);
                i = end;
            } else {
                out.append(name.charAt(i++));
            }
        }
        return out.toString();
    }

    private static String fold(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
