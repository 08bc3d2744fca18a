package carve.runtime.eval.suite;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up points by group; groups keep the order in which they came. */
final class GroupMeans {
    private final Map<String, double[]> sums = new LinkedHashMap<>();

    /** Counts a question with its points, 0 to 1, in a group; one without a name is left out. */
    GroupMeans add(String group, double points) {
        if (!group.isEmpty()) {
            double[] sum = sums.computeIfAbsent(group, _ -> new double[2]);
            sum[0] += points;
            sum[1]++;
        }
        return this;
    }

    GroupMeans add(String group, boolean right) {
        return add(group, right ? 1 : 0);
    }

    /** Returns the rows: of each group the mean in percent. */
    List<SuiteScores.Row> rows() {
        List<SuiteScores.Row> rows = new ArrayList<>();
        sums.forEach(
                (group, sum) -> rows.add(new SuiteScores.Row(group, List.of(100 * sum[0] / sum[1]), (int) sum[1])));
        return rows;
    }
}
