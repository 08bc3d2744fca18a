package carve.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import carve.api.device.DeviceException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUDA_KERNEL_NODE_PARAMS;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A card behind NVIDIA's driver, by JCuda's driver API: the card's primary context and one stream of it.
 *
 * <p>It needs the driver's library alone. It has not run on a card yet; tests put a driver under it that the processor plays,
 * which sees that JCuda is asked for the right things, in the right order, with the right arguments.
 */
final class NvidiaDriver implements Driver {
    private static final int OUT_OF_MEMORY = 2;
    private static final int STREAM_NON_BLOCKING = 1;
    private static final int EVENT_DISABLE_TIMING = 2;
    private static final int STAGING_BYTES = 16 << 20;

    /** A piece of memory that knows its address. */
    private static final class Piece extends CUdeviceptr {
        private long address() {
            return getNativePointer();
        }
    }

    /** A stream that knows its handle, for libraries that are called without JCuda. */
    private static final class Handle extends CUstream {
        private long address() {
            return getNativePointer();
        }
    }

    /** Memory of the host that the card reads itself, and when it has done so. */
    private record Staging(ByteBuffer bytes, Pointer pointer, CUevent read) {}

    /** A graph of launches one after the other, ready to run. */
    private record Recorded(CUgraphExec executable, List<CUgraphNode> nodes) {}

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final Handle stream = new Handle();
    private final Card card;
    private final Map<Long, Piece> pieces = new HashMap<>();
    private final List<CUmodule> modules = new ArrayList<>();
    private final List<CUfunction> functions = new ArrayList<>();
    private final List<Recorded> graphs = new ArrayList<>();
    private final List<Staging> staging = new ArrayList<>();
    private int turn;

    /**
     * Opens a card.
     *
     * @param index of the card, from 0
     * @throws DeviceException if the driver refuses, in its own words
     */
    NvidiaDriver(int index) {
        check("cuInit", Natives.load());
        check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, index));
        this.card = describe();
        check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
        check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, STREAM_NON_BLOCKING));
    }

    private Card describe() {
        byte[] name = new byte[256];
        check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
        long[] memory = new long[1];
        check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(memory, device));
        int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new Card(
                new String(name, StandardCharsets.UTF_8).trim(),
                "sm_%d%d".formatted(major, minor),
                memory[0],
                attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    }

    private int attribute(int attribute) {
        int[] value = new int[1];
        check("cuDeviceGetAttribute", JCudaDriver.cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }

    private static void check(String function, int code) {
        if (code != 0) {
            String[] meaning = {"unknown"};
            JCudaDriver.cuGetErrorString(code, meaning);
            throw new DeviceException("cuda: %s returned %d (%s)".formatted(function, code, meaning[0]));
        }
    }

    @Override
    public Card card() {
        return card;
    }

    /** Returns the handle of the stream, for cuBLAS. */
    long stream() {
        return stream.address();
    }

    @Override
    public long free() {
        long[] free = new long[1];
        check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, new long[1]));
        return free[0];
    }

    @Override
    public long allocate(long bytes) {
        Piece piece = new Piece();
        int code = JCudaDriver.cuMemAlloc(piece, bytes);
        if (code == OUT_OF_MEMORY) {
            return 0;
        }
        check("cuMemAlloc", code);
        pieces.put(piece.address(), piece);
        return piece.address();
    }

    @Override
    public void release(long address) {
        check("cuMemFree", JCudaDriver.cuMemFree(pieces.remove(address)));
    }

    private static CUdeviceptr at(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    @Override
    public void upload(MemorySegment from, long to, long bytes) {
        for (long done = 0; done < bytes; done += STAGING_BYTES) {
            long count = Math.min(STAGING_BYTES, bytes - done);
            Staging next = nextStaging();
            MemorySegment.copy(from, done, MemorySegment.ofBuffer(next.bytes()), 0, count);
            check("cuMemcpyHtoDAsync", JCudaDriver.cuMemcpyHtoDAsync(at(to + done), next.pointer(), count, stream));
            check("cuEventRecord", JCudaDriver.cuEventRecord(next.read(), stream));
        }
    }

    // Two in turn, so that one is filled while the other is read.
    private Staging nextStaging() {
        turn = 1 - turn;
        if (staging.size() < 2) {
            staging.add(0, newStaging());
            return staging.getFirst();
        }
        Staging next = staging.get(turn);
        check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(next.read()));
        return next;
    }

    private static Staging newStaging() {
        var pointer = new Pointer();
        check("cuMemAllocHost", JCudaDriver.cuMemAllocHost(pointer, STAGING_BYTES));
        var read = new CUevent();
        check("cuEventCreate", JCudaDriver.cuEventCreate(read, EVENT_DISABLE_TIMING));
        return new Staging(pointer.getByteBuffer(0, STAGING_BYTES), pointer, read);
    }

    @Override
    public void download(long from, MemorySegment to, long bytes) {
        if (staging.isEmpty()) {
            staging.add(newStaging());
        }
        Staging own = staging.getFirst();
        check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(own.read()));
        for (long done = 0; done < bytes; done += STAGING_BYTES) {
            long count = Math.min(STAGING_BYTES, bytes - done);
            check("cuMemcpyDtoHAsync", JCudaDriver.cuMemcpyDtoHAsync(own.pointer(), at(from + done), count, stream));
            synchronize();
            MemorySegment.copy(MemorySegment.ofBuffer(own.bytes()), 0, to, done, count);
        }
    }

    @Override
    public long load(byte[] image) {
        var module = new CUmodule();
        // A driver reads text to its final zero, which PTX from nvcc does not have; after a cubin it does no harm.
        byte[] terminated = Arrays.copyOf(image, image.length + 1);
        check("cuModuleLoadData", JCudaDriver.cuModuleLoadData(module, terminated));
        modules.add(module);
        return modules.size() - 1;
    }

    @Override
    public long function(long module, String name) {
        var function = new CUfunction();
        check("cuModuleGetFunction", JCudaDriver.cuModuleGetFunction(function, modules.get((int) module), name));
        functions.add(function);
        return functions.size() - 1;
    }

    @Override
    public void launch(Launch launch) {
        Launch.Grid grid = launch.grid();
        check(
                "cuLaunchKernel",
                JCudaDriver.cuLaunchKernel(
                        functions.get((int) launch.function()),
                        grid.x(),
                        grid.y(),
                        grid.z(),
                        launch.threads(),
                        1,
                        1,
                        0,
                        stream,
                        parameters(launch),
                        null));
    }

    /** Returns pointers to the arguments, which the driver copies before it returns. */
    private static Pointer parameters(Launch launch) {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(launch.arguments().capacity()).order(ByteOrder.nativeOrder());
        bytes.put(launch.arguments().duplicate().clear());
        Pointer start = Pointer.to(bytes.rewind());
        Pointer[] parameters =
                launch.offsets().stream().map(start::withByteOffset).toArray(Pointer[]::new);
        return Pointer.to(parameters);
    }

    private CUDA_KERNEL_NODE_PARAMS node(Launch launch) {
        var node = new CUDA_KERNEL_NODE_PARAMS();
        node.func = functions.get((int) launch.function());
        node.gridDimX = launch.grid().x();
        node.gridDimY = launch.grid().y();
        node.gridDimZ = launch.grid().z();
        node.blockDimX = launch.threads();
        node.blockDimY = 1;
        node.blockDimZ = 1;
        node.kernelParams = parameters(launch);
        return node;
    }

    @Override
    public long record(List<Launch> launches) {
        var graph = new CUgraph();
        check("cuGraphCreate", JCudaDriver.cuGraphCreate(graph, 0));
        List<CUgraphNode> nodes = new ArrayList<>();
        for (Launch launch : launches) {
            var node = new CUgraphNode();
            CUgraphNode[] before = nodes.isEmpty() ? new CUgraphNode[0] : new CUgraphNode[] {nodes.getLast()};
            check(
                    "cuGraphAddKernelNode",
                    JCudaDriver.cuGraphAddKernelNode(node, graph, before, before.length, node(launch)));
            nodes.add(node);
        }
        var executable = new CUgraphExec();
        check("cuGraphInstantiate", JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        graphs.add(new Recorded(executable, nodes));
        return graphs.size() - 1;
    }

    @Override
    public void change(long graph, int index, Launch launch) {
        Recorded recorded = graphs.get((int) graph);
        check(
                "cuGraphExecKernelNodeSetParams",
                JCudaDriver.cuGraphExecKernelNodeSetParams(
                        recorded.executable(), recorded.nodes().get(index), node(launch)));
    }

    @Override
    public void replay(long graph) {
        check("cuGraphLaunch", JCudaDriver.cuGraphLaunch(graphs.get((int) graph).executable(), stream));
    }

    @Override
    public void synchronize() {
        check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
    }

    @Override
    public void close() {
        graphs.forEach(graph -> JCudaDriver.cuGraphExecDestroy(graph.executable()));
        modules.forEach(JCudaDriver::cuModuleUnload);
        pieces.values().forEach(JCudaDriver::cuMemFree);
        staging.forEach(own -> JCudaDriver.cuMemFreeHost(own.pointer()));
        JCudaDriver.cuStreamDestroy(stream);
        check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
    }
}
