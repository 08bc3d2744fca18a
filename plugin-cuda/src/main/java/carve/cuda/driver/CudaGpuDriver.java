package carve.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.KernelLaunch;
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
public final class CudaGpuDriver implements GpuDriver {
    private static final int OUT_OF_MEMORY = 2;
    private static final int STREAM_NON_BLOCKING = 1;

    /** A piece of memory that knows its address. */
    private static final class DevicePointer extends CUdeviceptr {
        private long address() {
            return getNativePointer();
        }
    }

    /** A stream that knows its handle, for libraries that are called without JCuda. */
    private static final class StreamHandle extends CUstream {
        private long address() {
            return getNativePointer();
        }
    }

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final StreamHandle stream = new StreamHandle();
    private final GpuProperties gpuProperties;
    private final Map<Long, DevicePointer> pieces = new HashMap<>();
    private final List<CUmodule> modules = new ArrayList<>();
    private final List<CUfunction> functions = new ArrayList<>();
    private final PinnedTransfers pinnedTransfers = new PinnedTransfers(stream);
    private final CudaGraphs cudaGraphs = new CudaGraphs(stream, this::node);
    private final ByteBuffer arguments =
            ByteBuffer.allocateDirect(KernelLaunch.MAX_ARGUMENT_BYTES).order(ByteOrder.nativeOrder());

    /**
     * Opens a card.
     *
     * @param index of the card, from 0
     * @throws DeviceException if the driver refuses, in its own words
     */
    public CudaGpuDriver(int index) {
        check("cuInit", JCudaLoader.load());
        check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, index));
        this.gpuProperties = readProperties();
        check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
        check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, STREAM_NON_BLOCKING));
    }

    private GpuProperties readProperties() {
        byte[] name = new byte[256];
        check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
        long[] memory = new long[1];
        check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(memory, device));
        int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new GpuProperties(
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
    public static void check(String function, int code) {
        if (code != 0) {
            String[] meaning = {"unknown"};
            JCudaDriver.cuGetErrorString(code, meaning);
            throw new DeviceException("cuda: %s returned %d (%s)".formatted(function, code, meaning[0]));
        }
    }

    @Override
    public GpuProperties properties() {
        return gpuProperties;
    }

    /** Returns the handle of the stream, for cuBLAS. */
    public long streamAddress() {
        return stream.address();
    }

    /** Returns the stream, for callers of JCuda. */
    public CUstream streamHandle() {
        return stream;
    }

    @Override
    public long freeBytes() {
        long[] free = new long[1];
        check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, new long[1]));
        return free[0];
    }

    @Override
    public long allocate(long bytes) {
        DevicePointer devicePointer = new DevicePointer();
        int code = JCudaDriver.cuMemAlloc(devicePointer, bytes);
        if (code == OUT_OF_MEMORY) {
            return 0;
        }
        check("cuMemAlloc", code);
        pieces.put(devicePointer.address(), devicePointer);
        return devicePointer.address();
    }

    @Override
    public void release(long address) {
        check("cuMemFree", JCudaDriver.cuMemFree(pieces.remove(address)));
    }

    /** Returns an address as JCuda has it. */
    public static CUdeviceptr devicePointer(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    @Override
    public void upload(MemorySegment from, long to, long bytes) {
        pinnedTransfers.upload(from, to, bytes);
    }

    @Override
    public void download(long from, MemorySegment to, long bytes) {
        pinnedTransfers.download(from, to, bytes);
    }

    @Override
    public Download downloadAsync(long from, long bytes) {
        return pinnedTransfers.downloadAsync(from, bytes);
    }

    @Override
    public long loadModule(byte[] image) {
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
    public void launch(KernelLaunch kernelLaunch) {
        KernelLaunch.Grid grid = kernelLaunch.grid();
        check(
                "cuLaunchKernel",
                JCudaDriver.cuLaunchKernel(
                        functions.get((int) kernelLaunch.function()),
                        grid.x(),
                        grid.y(),
                        grid.z(),
                        kernelLaunch.threads(),
                        1,
                        1,
                        0,
                        stream,
                        parameters(kernelLaunch),
                        null));
    }

    /** Returns pointers to the arguments, which the driver copies before it returns. */
    private Pointer parameters(KernelLaunch kernelLaunch) {
        arguments.clear().put(kernelLaunch.arguments().duplicate().clear());
        Pointer start = Pointer.to(arguments.rewind());
        Pointer[] parameters =
                kernelLaunch.offsets().stream().map(start::withByteOffset).toArray(Pointer[]::new);
        return Pointer.to(parameters);
    }

    private CUDA_KERNEL_NODE_PARAMS node(KernelLaunch kernelLaunch) {
        var node = new CUDA_KERNEL_NODE_PARAMS();
        node.func = functions.get((int) kernelLaunch.function());
        node.gridDimX = kernelLaunch.grid().x();
        node.gridDimY = kernelLaunch.grid().y();
        node.gridDimZ = kernelLaunch.grid().z();
        node.blockDimX = kernelLaunch.threads();
        node.blockDimY = 1;
        node.blockDimZ = 1;
        node.kernelParams = parameters(kernelLaunch);
        return node;
    }

    @Override
    public long instantiateGraph(List<KernelLaunch> launches) {
        return cudaGraphs.instantiate(launches);
    }

    @Override
    public void updateGraph(long graph, int index, KernelLaunch kernelLaunch) {
        cudaGraphs.update(graph, index, kernelLaunch);
    }

    @Override
    public void launchGraph(long graph) {
        cudaGraphs.launch(graph);
    }

    @Override
    public void destroyGraph(long graph) {
        cudaGraphs.destroy(graph);
    }

    @Override
    public void synchronize() {
        check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
    }

    @Override
    public void close() {
        cudaGraphs.close();
        modules.forEach(JCudaDriver::cuModuleUnload);
        pieces.values().forEach(JCudaDriver::cuMemFree);
        pinnedTransfers.close();
        JCudaDriver.cuStreamDestroy(stream);
        check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
    }
}
