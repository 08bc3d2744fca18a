package carve.cuda.driver;

import static carve.cuda.driver.CudaGpuDriver.check;

import carve.cuda.gpu.KernelLaunch;
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
final class CudaGraphs implements AutoCloseable {
    /** A graph, and what runs it. */
    private record ExecutableGraph(CUgraph graph, CUgraphExec executable, List<CUgraphNode> nodes) {
        void destroy() {
            JCudaDriver.cuGraphExecDestroy(executable);
            JCudaDriver.cuGraphDestroy(graph);
        }
    }

    private final CUstream stream;
    private final Function<KernelLaunch, CUDA_KERNEL_NODE_PARAMS> describe;
    private final Map<Long, ExecutableGraph> recorded = new HashMap<>();
    private long next;

    /**
     * Makes an empty collection.
     *
     * @param describe says what a node runs; the driver has copied it before the next is described
     */
    CudaGraphs(CUstream stream, Function<KernelLaunch, CUDA_KERNEL_NODE_PARAMS> describe) {
        this.stream = stream;
        this.describe = describe;
    }

    long instantiate(List<KernelLaunch> launches) {
        var graph = new CUgraph();
        check("cuGraphCreate", JCudaDriver.cuGraphCreate(graph, 0));
        List<CUgraphNode> nodes = new ArrayList<>();
        for (KernelLaunch kernelLaunch : launches) {
            var node = new CUgraphNode();
            CUgraphNode[] before = nodes.isEmpty() ? new CUgraphNode[0] : new CUgraphNode[] {nodes.getLast()};
            check(
                    "cuGraphAddKernelNode",
                    JCudaDriver.cuGraphAddKernelNode(node, graph, before, before.length, describe.apply(kernelLaunch)));
            nodes.add(node);
        }
        var executable = new CUgraphExec();
        check("cuGraphInstantiate", JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        recorded.put(next, new ExecutableGraph(graph, executable, nodes));
        return next++;
    }

    void update(long graph, int index, KernelLaunch kernelLaunch) {
        ExecutableGraph own = recorded.get(graph);
        check(
                "cuGraphExecKernelNodeSetParams",
                JCudaDriver.cuGraphExecKernelNodeSetParams(
                        own.executable(), own.nodes().get(index), describe.apply(kernelLaunch)));
    }

    void launch(long graph) {
        check("cuGraphLaunch", JCudaDriver.cuGraphLaunch(recorded.get(graph).executable(), stream));
    }

    void destroy(long graph) {
        recorded.remove(graph).destroy();
    }

    @Override
    public void close() {
        recorded.values().forEach(ExecutableGraph::destroy);
        recorded.clear();
    }
}
