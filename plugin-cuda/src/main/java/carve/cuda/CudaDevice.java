package carve.cuda;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.device.kit.KernelSelector;
import carve.api.device.kit.OpKind;
import carve.api.device.kit.PrimitiveExecutor;
import carve.api.device.kit.StorageTypes;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.GpuBuffer;
import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.GraphCache;
import carve.cuda.gpu.KernelBlas;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.MemoryPool;
import carve.cuda.kernels.GpuKernels;
import carve.cuda.kernels.KernelContext;
import carve.cuda.kernels.MixedPrecisionMatmul;
import carve.cuda.kernels.MultiTensorAdamW;
import carve.cuda.kernels.PrimitiveKernels;
import carve.cuda.kernels.PrimitiveKernels.Operand;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The device {@code cuda}: one NVIDIA GPU.
 *
 * <p>Launches run in the order in which they are asked for, while the host goes on; the host waits where it reads values.
 * Values are dense and row-major, in F32, BF16, F16, I32 and I8; weights also in blocks of quantised types. Arithmetic on
 * BF16 and F16 is done in F32 and rounded. The kernels are CUDA C++, compiled for the GPU when they are first used.
 *
 * <p>An index that is out of bounds is reported when the host next waits, not when it is used.
 */
public final class CudaDevice implements Device {
    private static final System.Logger LOG = System.getLogger(CudaDevice.class.getName());
    private static final StorageTypes STORAGE = StorageTypes.common("cuda");

    private final DeviceContext deviceContext = new DeviceContext();
    private final GpuDriver gpuDriver;
    private final GpuStream gpuStream;
    private final MemoryPool pool;
    private final GpuBlas gpuBlas;
    private final PrimitiveKernels primitiveKernels;
    private final PrimitiveExecutor executor;
    private final KernelSelector kernels;

    /** Makes the device over a driver, which is closed with it; products of matrices are those of a library, or of a kernel. */
    public CudaDevice(
            GpuDriver gpuDriver,
            KernelCompiler kernelCompiler,
            CudaConfig config,
            BiFunction<GpuStream, GpuBlas, GpuBlas> blas) {
        this(gpuDriver, kernelCompiler, config, blas, KernelCatalog.NONE);
    }

    /** Makes the device with kernels of plugins, which run where it has none of its own. */
    CudaDevice(
            GpuDriver gpuDriver,
            KernelCompiler kernelCompiler,
            CudaConfig config,
            BiFunction<GpuStream, GpuBlas, GpuBlas> blas,
            KernelCatalog plugins) {
        this.gpuDriver = gpuDriver;
        var graphCache = new GraphCache(gpuDriver, config.cudaGraphs());
        this.gpuStream = new GpuStream(gpuDriver, new KernelModules(gpuDriver, kernelCompiler), graphCache);
        this.pool = new MemoryPool(gpuDriver, gpuStream::drain);
        this.gpuBlas =
                blas.apply(gpuStream, new KernelBlas(gpuStream, config.matmulPrecision(), gpuDriver.properties()));
        this.primitiveKernels = new PrimitiveKernels(gpuStream, gpuBlas);
        this.executor = new PrimitiveExecutor(this, new PrimitiveBackend(primitiveKernels, gpuBlas));
        var multiTensorAdamW = new MultiTensorAdamW(gpuStream, pool);
        gpuStream.defer(multiTensorAdamW);
        var context = new KernelContext(
                this,
                gpuStream,
                gpuDriver.properties(),
                new MixedPrecisionMatmul(this, primitiveKernels, gpuBlas, config.matmulPrecision()),
                multiTensorAdamW,
                config.matmulPrecision().compilerOptions(gpuDriver.properties()));
        this.kernels = new KernelSelector(new CudaKernelTarget(context), List.of(new GpuKernels("cuda")), plugins);
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    /** Returns the properties of the GPU. */
    GpuProperties properties() {
        return gpuDriver.properties();
    }

    /** Returns the most bytes that tensors have taken at one time. */
    public long peakBytes() {
        return pool.peakBytes();
    }

    /** Returns the bytes that tensors take. */
    public long usedBytes() {
        return pool.usedBytes();
    }

    @Override
    public boolean stores(DType dtype) {
        return STORAGE.contains(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return take(type);
    }

    private GpuBuffer take(TensorType type) {
        STORAGE.require(type.dtype());
        return pool.allocate(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return executor.execute(op, operands, result);
    }

    /** Primitives as launches; products read their operands as they are stored, and write what the library can. */
    private record PrimitiveBackend(PrimitiveKernels primitives, GpuBlas blas) implements PrimitiveExecutor.Backend {
        @Override
        public void run(Op op, List<Tensor> operands, Tensor result) {
            primitives.execute(op, operands.stream().map(Operand::of).toList(), Operand.of(result));
        }

        @Override
        public void cast(Tensor x, Tensor result) {
            primitives.cast(Operand.of(x), Operand.of(result));
        }

        @Override
        public boolean readsHalf(Op op) {
            return op instanceof Op.MatMul || OpKind.of(op) == OpKind.MOVEMENT;
        }

        @Override
        public boolean writesHalf(Op op, DType dtype) {
            return !(op instanceof Op.MatMul) || blas.supportsOutput(DTypeCode.of(dtype));
        }
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return kernels.select(op, operands);
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        GpuBuffer buffer = take(type);
        gpuStream.upload(values, buffer.address(), type.bytes());
        return buffer;
    }

    @Override
    public Download downloadAsync(Tensor tensor) {
        pool.nextStep();
        return gpuStream.downloadAsync(GpuStream.address(tensor), tensor.type().bytes());
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        pool.nextStep();
        gpuStream.download(GpuStream.address(tensor), to, tensor.type().bytes());
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        primitiveKernels.copyInto(
                Operand.of(source).bytewise(), Operand.of(target).bytewise(), axis, start);
    }

    @Override
    public void synchronize() {
        gpuStream.synchronize();
    }

    @Override
    public void close() {
        gpuStream.drain();
        LOG.log(Level.DEBUG, "cuda: {0}", pool);
        deviceContext.scopes().closeAll();
        pool.trim();
        gpuBlas.close();
        gpuDriver.close();
    }
}
