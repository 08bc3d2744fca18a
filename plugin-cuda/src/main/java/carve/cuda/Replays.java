package carve.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Launches, and the graphs that some series of them have become.
 *
 * <p>A series is what is launched from one wait of the host to the next, as a step of generation is. Launches are data:
 * when a series comes whose kernels and grids have come before, it becomes a graph; when they come again, only the
 * arguments that changed are changed, and the graph runs. So what is computed never depends on graphs.
 */
final class Replays {
    private static final int LONGEST = 1 << 14;
    private static final int MOST_GRAPHS = 16;
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
    private final Map<Series, Graph> graphs = new HashMap<>();
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
        Graph graph = graphs.get(series);
        if (graph != null) {
            replay(graph, launches);
        } else if (repeats(series) && graphs.size() < MOST_GRAPHS) {
            graph = new Graph(driver.record(launches), launches);
            graphs.put(series, graph);
            driver.replay(graph.handle());
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

    private void replay(Graph graph, List<Launch> launches) {
        for (int i = 0; i < launches.size(); i++) {
            if (!launches.get(i).equals(graph.launches().get(i))) {
                driver.change(graph.handle(), i, launches.get(i));
                graph.launches().set(i, launches.get(i));
            }
        }
        driver.replay(graph.handle());
    }
}
