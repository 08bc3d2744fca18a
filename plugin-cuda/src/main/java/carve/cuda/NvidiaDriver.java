package carve.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import carve.api.device.DeviceException;
import carve.api.device.Download;
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
import jcuda.driver.CUfunction;
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

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final Handle stream = new Handle();
    private final Card card;
    private final Map<Long, Piece> pieces = new HashMap<>();
    private final List<CUmodule> modules = new ArrayList<>();
    private final List<CUfunction> functions = new ArrayList<>();
    private final Copies copies = new Copies(stream);
    private final Graphs graphs = new Graphs(stream, this::node);
    private final ByteBuffer arguments =
            ByteBuffer.allocateDirect(Launch.MOST_BYTES).order(ByteOrder.nativeOrder());

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

    /** Throws what the driver says of a code that is not 0. */
    static void check(String function, int code) {
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

    /** Returns the stream, for callers of JCuda. */
    CUstream handle() {
        return stream;
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

    /** Returns an address as JCuda has it. */
    static CUdeviceptr at(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    @Override
    public void upload(MemorySegment from, long to, long bytes) {
        copies.upload(from, to, bytes);
    }

    @Override
    public void download(long from, MemorySegment to, long bytes) {
        copies.download(from, to, bytes);
    }

    @Override
    public Download fetch(long from, long bytes) {
        return copies.fetch(from, bytes);
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
    private Pointer parameters(Launch launch) {
        arguments.clear().put(launch.arguments().duplicate().clear());
        Pointer start = Pointer.to(arguments.rewind());
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
        return graphs.record(launches);
    }

    @Override
    public void change(long graph, int index, Launch launch) {
        graphs.change(graph, index, launch);
    }

    @Override
    public void replay(long graph) {
        graphs.replay(graph);
    }

    @Override
    public void forget(long graph) {
        graphs.forget(graph);
    }

    @Override
    public void synchronize() {
        check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
    }

    @Override
    public void close() {
        graphs.close();
        modules.forEach(JCudaDriver::cuModuleUnload);
        pieces.values().forEach(JCudaDriver::cuMemFree);
        copies.close();
        JCudaDriver.cuStreamDestroy(stream);
        check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
    }
}
