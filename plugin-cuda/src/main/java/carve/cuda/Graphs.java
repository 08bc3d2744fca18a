package carve.cuda;

import static carve.cuda.NvidiaDriver.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import jcuda.driver.CUDA_KERNEL_NODE_PARAMS;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Graphs of launches one after the other, by their numbers. */
final class Graphs implements AutoCloseable {
    /** A graph, and what runs it. */
    private record Recorded(CUgraph graph, CUgraphExec executable, List<CUgraphNode> nodes) {
        void destroy() {
            JCudaDriver.cuGraphExecDestroy(executable);
            JCudaDriver.cuGraphDestroy(graph);
        }
    }

    private final CUstream stream;
    private final Function<Launch, CUDA_KERNEL_NODE_PARAMS> describe;
    private final Map<Long, Recorded> recorded = new HashMap<>();
    private long next;

    /**
     * Makes an empty collection.
     *
     * @param describe says what a node runs; the driver has copied it before the next is described
     */
    Graphs(CUstream stream, Function<Launch, CUDA_KERNEL_NODE_PARAMS> describe) {
        this.stream = stream;
        this.describe = describe;
    }

    long record(List<Launch> launches) {
        var graph = new CUgraph();
        check("cuGraphCreate", JCudaDriver.cuGraphCreate(graph, 0));
        List<CUgraphNode> nodes = new ArrayList<>();
        for (Launch launch : launches) {
            var node = new CUgraphNode();
            CUgraphNode[] before = nodes.isEmpty() ? new CUgraphNode[0] : new CUgraphNode[] {nodes.getLast()};
            check(
                    "cuGraphAddKernelNode",
                    JCudaDriver.cuGraphAddKernelNode(node, graph, before, before.length, describe.apply(launch)));
            nodes.add(node);
        }
        var executable = new CUgraphExec();
        check("cuGraphInstantiate", JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        recorded.put(next, new Recorded(graph, executable, nodes));
        return next++;
    }

    void change(long graph, int index, Launch launch) {
        Recorded own = recorded.get(graph);
        check(
                "cuGraphExecKernelNodeSetParams",
                JCudaDriver.cuGraphExecKernelNodeSetParams(
                        own.executable(), own.nodes().get(index), describe.apply(launch)));
    }

    void replay(long graph) {
        check("cuGraphLaunch", JCudaDriver.cuGraphLaunch(recorded.get(graph).executable(), stream));
    }

    void forget(long graph) {
        recorded.remove(graph).destroy();
    }

    @Override
    public void close() {
        recorded.values().forEach(Recorded::destroy);
        recorded.clear();
    }
}
