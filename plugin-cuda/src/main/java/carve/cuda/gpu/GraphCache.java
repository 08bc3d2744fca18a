package carve.cuda.gpu;

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
public final class GraphCache {
    private static final int LONGEST = 1 << 14;
    private static final int MOST_SERIES = 8;
    private static final int MOST_TURNS = 4;
    private static final int FEW = 4; // changes: one of so many launches
    private static final int MOST_SEEN = 1024;

    /** The kernels of a series without their arguments. */
    private record LaunchSequence(List<Object> kernels) {
        static LaunchSequence of(List<KernelLaunch> launches) {
            List<Object> kernels = new ArrayList<>();
            launches.forEach(kernelLaunch -> {
                kernels.add(kernelLaunch.function());
                kernels.add(kernelLaunch.grid());
            });
            return new LaunchSequence(kernels);
        }
    }

    /** A graph, with the arguments that it has now. */
    private record CachedGraph(long handle, List<KernelLaunch> launches) {}

    private final GpuDriver gpuDriver;
    private final boolean enabled;
    private final Set<LaunchSequence> seen = new HashSet<>();
    private final Map<LaunchSequence, List<CachedGraph>> graphs = new LinkedHashMap<>(MOST_SERIES, 0.75f, true);
    private List<KernelLaunch> pending = new ArrayList<>();

    /** Makes a cache of recorded graphs; where it is not enabled, kernels are launched one by one. */
    public GraphCache(GpuDriver gpuDriver, boolean enabled) {
        this.gpuDriver = gpuDriver;
        this.enabled = enabled;
    }

    /** Runs a kernel, now or at the next {@link #flush}. */
    void launch(KernelLaunch kernelLaunch) {
        if (!enabled) {
            gpuDriver.launch(kernelLaunch);
            return;
        }
        pending.add(kernelLaunch);
        if (pending.size() == LONGEST) {
            flush();
        }
    }

    /** Hands all that waits to the driver. */
    void flush() {
        if (pending.isEmpty()) {
            return;
        }
        List<KernelLaunch> launches = pending;
        pending = new ArrayList<>();
        LaunchSequence launchSequence = LaunchSequence.of(launches);
        List<CachedGraph> known = graphs.get(launchSequence);
        if (known != null) {
            replay(known, launches);
        } else if (wasSeen(launchSequence)) {
            graphs.put(launchSequence, new ArrayList<>(List.of(instantiateAndLaunch(launches))));
            evictOldest();
        } else {
            launches.forEach(gpuDriver::launch);
        }
    }

    private boolean wasSeen(LaunchSequence launchSequence) {
        if (seen.size() > MOST_SEEN) {
            seen.clear();
        }
        return !seen.add(launchSequence);
    }

    // runs it as well
    private CachedGraph instantiateAndLaunch(List<KernelLaunch> launches) {
        long handle = gpuDriver.instantiateGraph(launches);
        gpuDriver.launchGraph(handle);
        return new CachedGraph(handle, launches);
    }

    private void evictOldest() {
        if (graphs.size() > MOST_SERIES) {
            var oldest = graphs.entrySet().iterator();
            oldest.next().getValue().forEach(cachedGraph -> gpuDriver.destroyGraph(cachedGraph.handle()));
            oldest.remove();
        }
    }

    private void replay(List<CachedGraph> known, List<KernelLaunch> launches) {
        CachedGraph nearest = known.getFirst();
        int fewest = changes(nearest, launches);
        for (int i = 1; i < known.size() && fewest > 0; i++) {
            int changes = changes(known.get(i), launches);
            nearest = changes < fewest ? known.get(i) : nearest;
            fewest = Math.min(changes, fewest);
        }
        if (fewest > launches.size() / FEW && known.size() < MOST_TURNS) {
            known.add(instantiateAndLaunch(launches));
        } else {
            replay(nearest, launches);
        }
    }

    private static int changes(CachedGraph cachedGraph, List<KernelLaunch> launches) {
        int changes = 0;
        for (int i = 0; i < launches.size(); i++) {
            changes += launches.get(i).sameArguments(cachedGraph.launches().get(i)) ? 0 : 1;
        }
        return changes;
    }

    private void replay(CachedGraph cachedGraph, List<KernelLaunch> launches) {
        for (int i = 0; i < launches.size(); i++) {
            if (!launches.get(i).sameArguments(cachedGraph.launches().get(i))) {
                gpuDriver.updateGraph(cachedGraph.handle(), i, launches.get(i));
                cachedGraph.launches().set(i, launches.get(i));
            }
        }
        gpuDriver.launchGraph(cachedGraph.handle());
    }
}
