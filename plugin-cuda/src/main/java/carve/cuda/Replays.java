package carve.cuda;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Launches, and the graphs that some series of them have become.
 *
 * <p>A series is what is launched from one wait of the host to the next, as a step of generation is. Launches are data:
 * when a series comes whose kernels and grids have come before, it becomes a graph; when they come again, only the
 * arguments that changed are changed, and the graph runs. So what is computed never depends on graphs.
 *
 * <p>Where arguments differ much, and come in turns, a series has a graph for each turn. The series that was not launched for
 * the longest time is forgotten for a new one.
 */
final class Replays {
    private static final int LONGEST = 1 << 14;
    private static final int MOST_SERIES = 8;
    private static final int MOST_TURNS = 4;
    private static final int FEW = 4; // changes: one of so many launches
    private static final int MOST_SEEN = 1024;

    /** The kernels of a series without their arguments. */
    private record Series(List<Object> kernels) {
        static Series of(List<Launch> launches) {
            List<Object> kernels = new ArrayList<>();
            launches.forEach(launch -> {
                kernels.add(launch.function());
                kernels.add(launch.grid());
            });
            return new Series(kernels);
        }
    }

    /** A graph, with the arguments that it has now. */
    private record Graph(long handle, List<Launch> launches) {}

    private final Driver driver;
    private final boolean enabled;
    private final Set<Series> seen = new HashSet<>();
    private final Map<Series, List<Graph>> graphs = new LinkedHashMap<>(MOST_SERIES, 0.75f, true);
    private List<Launch> waiting = new ArrayList<>();

    Replays(Driver driver, boolean enabled) {
        this.driver = driver;
        this.enabled = enabled;
    }

    /** Runs a kernel, now or at the next {@link #flush}. */
    void launch(Launch launch) {
        if (!enabled) {
            driver.launch(launch);
            return;
        }
        waiting.add(launch);
        if (waiting.size() == LONGEST) {
            flush();
        }
    }

    /** Hands all that waits to the driver. */
    void flush() {
        if (waiting.isEmpty()) {
            return;
        }
        List<Launch> launches = waiting;
        waiting = new ArrayList<>();
        Series series = Series.of(launches);
        List<Graph> known = graphs.get(series);
        if (known != null) {
            replay(known, launches);
        } else if (repeats(series)) {
            graphs.put(series, new ArrayList<>(List.of(graph(launches))));
            forgetOldest();
        } else {
            launches.forEach(driver::launch);
        }
    }

    private boolean repeats(Series series) {
        if (seen.size() > MOST_SEEN) {
            seen.clear();
        }
        return !seen.add(series);
    }

    // runs it as well
    private Graph graph(List<Launch> launches) {
        long handle = driver.record(launches);
        driver.replay(handle);
        return new Graph(handle, launches);
    }

    private void forgetOldest() {
        if (graphs.size() > MOST_SERIES) {
            var oldest = graphs.entrySet().iterator();
            oldest.next().getValue().forEach(graph -> driver.forget(graph.handle()));
            oldest.remove();
        }
    }

    private void replay(List<Graph> known, List<Launch> launches) {
        Graph nearest = known.getFirst();
        int fewest = changes(nearest, launches);
        for (int i = 1; i < known.size() && fewest > 0; i++) {
            int changes = changes(known.get(i), launches);
            nearest = changes < fewest ? known.get(i) : nearest;
            fewest = Math.min(changes, fewest);
        }
        if (fewest > launches.size() / FEW && known.size() < MOST_TURNS) {
            known.add(graph(launches));
        } else {
            replay(nearest, launches);
        }
    }

    private static int changes(Graph graph, List<Launch> launches) {
        int changes = 0;
        for (int i = 0; i < launches.size(); i++) {
            changes += launches.get(i).sameArguments(graph.launches().get(i)) ? 0 : 1;
        }
        return changes;
    }

    private void replay(Graph graph, List<Launch> launches) {
        for (int i = 0; i < launches.size(); i++) {
            if (!launches.get(i).sameArguments(graph.launches().get(i))) {
                driver.change(graph.handle(), i, launches.get(i));
                graph.launches().set(i, launches.get(i));
            }
        }
        driver.replay(graph.handle());
    }
}
