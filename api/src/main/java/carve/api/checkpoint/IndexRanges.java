package carve.api.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Joins messages about tensors of many layers: those that differ only in indices become one, with ranges, as in {@code missing:
 * model.layers.{0..29}.self_attn.q_proj.weight}.
 *
 * <p>An index is a number between dots, or between a dot and the end of a name.
 */
public final class IndexRanges {
    private static final Pattern INDEX = Pattern.compile("(?<=[A-Za-z_]\\.)[0-9]{1,9}(?=[.' ,:;)]|$)");

    private IndexRanges() {}

    /** Returns the messages joined, in the order in which the first of each stands. */
    public static List<String> join(Iterable<String> messages) {
        Map<String, List<List<Integer>>> byTemplate = new LinkedHashMap<>();
        for (String message : messages) {
            List<Integer> indices = new ArrayList<>();
            String template = INDEX.matcher(message.replace("%", "%%")).replaceAll(match -> {
                indices.add(Integer.parseInt(match.group()));
                return "%s";
            });
            byTemplate.computeIfAbsent(template, _ -> new ArrayList<>()).add(indices);
        }
        List<String> joined = new ArrayList<>();
        byTemplate.forEach((template, rows) -> joined.addAll(join(template, rows)));
        return joined;
    }

    private static List<String> join(String template, List<List<Integer>> rows) {
        int columns = rows.getFirst().size();
        int[] leader = new int[columns];
        for (int c = 0; c < columns; c++) {
            leader[c] = leader(rows, c);
        }
        List<List<TreeSet<Integer>>> sets = new ArrayList<>(rows.stream()
                .map(row -> row.stream().map(IndexRanges::set).toList())
                .distinct()
                .toList());
        for (int c = columns - 1; c >= 0; c--) {
            if (leader[c] == c) {
                sets = merged(sets, leader, c);
            }
        }
        return sets.stream()
                .map(row ->
                        template.formatted(row.stream().map(IndexRanges::text).toArray()))
                .toList();
    }

    /** Returns the first column that this one differs from by the same number in each row: they count the same thing. */
    private static int leader(List<List<Integer>> rows, int column) {
        for (int c = 0; c < column; c++) {
            int first = c;
            if (rows.stream()
                            .mapToInt(row -> row.get(column) - row.get(first))
                            .distinct()
                            .count()
                    == 1) {
                return c;
            }
        }
        return column;
    }

    /** Returns rows that are equal but for a column, and those that follow it, as one. */
    private static List<List<TreeSet<Integer>>> merged(List<List<TreeSet<Integer>>> rows, int[] leader, int column) {
        Map<List<TreeSet<Integer>>, List<TreeSet<Integer>>> byOthers = new LinkedHashMap<>();
        for (List<TreeSet<Integer>> row : rows) {
            List<TreeSet<Integer>> others = new ArrayList<>();
            for (int c = 0; c < leader.length; c++) {
                others.add(leader[c] == column ? new TreeSet<>() : row.get(c));
            }
            byOthers.merge(others, row, (a, b) -> union(a, b, leader, column));
        }
        return List.copyOf(byOthers.values());
    }

    private static List<TreeSet<Integer>> union(
            List<TreeSet<Integer>> a, List<TreeSet<Integer>> b, int[] leader, int column) {
        List<TreeSet<Integer>> union = new ArrayList<>();
        for (int c = 0; c < leader.length; c++) {
            TreeSet<Integer> set = new TreeSet<>(a.get(c));
            if (leader[c] == column) {
                set.addAll(b.get(c));
            }
            union.add(set);
        }
        return union;
    }

    private static TreeSet<Integer> set(int index) {
        return new TreeSet<>(List.of(index));
    }

    /** Returns {@code 7} for one index, {@code {0..3,7}} for several. */
    private static String text(TreeSet<Integer> set) {
        if (set.size() == 1) {
            return set.first().toString();
        }
        List<String> parts = new ArrayList<>();
        int from = set.first();
        int to = from;
        for (int index : set.tailSet(from, false)) {
            if (index != to + 1) {
                parts.add(range(from, to));
                from = index;
            }
            to = index;
        }
        parts.add(range(from, to));
        return "{" + String.join(",", parts) + "}";
    }

    private static String range(int from, int to) {
        if (from == to) {
            return String.valueOf(from);
        }
        return to == from + 1 ? from + "," + to : from + ".." + to;
    }
}
