package carve.cuda;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.blas.KernelBlas;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.GpuBuffer;
import carve.cuda.gpu.GpuDriver;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.GraphCache;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.MemoryPool;
import carve.cuda.kernels.KernelContext;
import carve.cuda.kernels.KernelSelector;
import carve.cuda.kernels.MultiTensorAdamW;
import carve.cuda.kernels.PrimitiveKernels;
import carve.cuda.kernels.PrimitiveKernels.Operand;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * One NVIDIA card.
 *
 * <p>Work is asked for in one order and done in it, while the host goes on; the host waits where it reads values. Values
 * are dense and row-major, in F32, BF16, F16, I32 and I8; weights also in the blocks of Q8_0 and Q4_0. Arithmetic on BF16 and F16 is done in F32 and rounded. The
 * kernels are CUDA C++, compiled for the card when they are first used.
 *
 * <p>An index outside of a table is found when the host next waits, not when it is used.
 */
public final class CudaDevice implements Device {
    private static final System.Logger LOG = System.getLogger(CudaDevice.class.getName());

    private final DeviceContext deviceContext = new DeviceContext();
    private final GpuDriver gpuDriver;
    private final GpuStream gpuStream;
    private final MemoryPool pool;
    private final GpuBlas gpuBlas;
    private final CudaConfig config;
    private final PrimitiveKernels primitiveKernels;
    private final KernelSelector kernelSelector;
    private final KernelCatalog pluginKernels;
    private final CudaKernelHost kernelHost;

    /** Makes the device over a driver, which is closed with it; products of matrices are those of a library, or our own. */
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
            KernelCatalog offered) {
        this.pluginKernels = offered;
        this.gpuDriver = gpuDriver;
        var graphCache = new GraphCache(gpuDriver, config.cudaGraphs());
        this.gpuStream = new GpuStream(gpuDriver, new KernelModules(gpuDriver, kernelCompiler), graphCache);
        this.kernelHost = new CudaKernelHost(this, gpuStream);
        this.pool = new MemoryPool(gpuDriver, gpuStream::drain);
        this.config = config;
        this.gpuBlas =
                blas.apply(gpuStream, new KernelBlas(gpuStream, config.matmulPrecision(), gpuDriver.properties()));
        this.primitiveKernels = new PrimitiveKernels(gpuStream, gpuBlas);
        var multiTensorAdamW = new MultiTensorAdamW(gpuStream, pool);
        gpuStream.defer(multiTensorAdamW);
        this.kernelSelector = new KernelSelector(new KernelContext(
                this,
                gpuStream,
                gpuDriver.properties(),
                multiTensorAdamW,
                config.matmulPrecision().compilerOptions(gpuDriver.properties())));
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    /** Returns what the card is. */
    GpuProperties properties() {
        return gpuDriver.properties();
    }

    /** Returns the most bytes of the card that tensors have taken at one time. */
    public long peakBytes() {
        return pool.peakBytes();
    }

    /** Returns the bytes of the card that tensors take. */
    public long usedBytes() {
        return pool.usedBytes();
    }

    @Override
    public boolean stores(DType dtype) {
        return DTypeCode.isStorable(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return take(type);
    }

    private GpuBuffer take(TensorType type) {
        DTypeCode.of(type.dtype()); // refuses what is not computed with
        return pool.allocate(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        List<Operand> given = operands(operands);
        if (op instanceof Op.MatMul) {
            return matmul(op, given, result);
        }
        boolean rows = result.dtype().isQuantised() && !(op instanceof Op.Cast); // which are moved whole
        return rows
                ? compute(op, given.stream().map(Operand::bytewise).toList(), result.asBytes())
                : executeWidened(op, given, result);
    }

    // products take operands as they are stored, and are F32, or rounded as they are written
    private GpuBuffer matmul(Op op, List<Operand> operands, TensorType result) {
        if (gpuBlas.supportsOutput(DTypeCode.of(result.dtype()))) {
            return compute(op, operands, result);
        }
        GpuBuffer product = compute(op, operands, result.with(DType.F32));
        return isNarrow(result.dtype()) ? narrowed(product, result) : product;
    }

    /** Returns the F32 product of two matrices that may be stored in different types. */
    public Tensor matmul(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        List<Tensor> alike = castToCommonType(a, b);
        Tensor product = product(a, b, transposeA, transposeB);
        primitiveKernels.execute(new Op.MatMul(transposeA, transposeB), operands(alike), operand(product));
        return product;
    }

    /** Returns {@code x w^T + bias} (m, n), F32, of x (m, k), w (n, k), bias (n); nothing where that takes two passes. */
    public Optional<Tensor> matmulWithBias(Tensor x, Tensor weight, Tensor bias) {
        List<Tensor> alike = castToCommonType(x, weight);
        Tensor sum = product(x, weight, false, true);
        Tensor wide = bias.cast(DType.F32);
        boolean done = primitiveKernels.matmulWithBias(operands(alike), GpuStream.address(wide), operand(sum));
        return done ? Optional.of(sum) : Optional.empty();
    }

    // as they are, or converted to one type
    private List<Tensor> castToCommonType(Tensor a, Tensor b) {
        DType common = commonType(a.dtype(), b.dtype());
        boolean taken = common == DType.F32 && gpuBlas.supportsInputs(DTypeCode.of(a.dtype()), DTypeCode.of(b.dtype()));
        return taken ? List.of(a, b) : List.of(a.cast(common), b.cast(common));
    }

    // what operands are converted to if they must be of one type
    private DType commonType(DType a, DType b) {
        boolean half = switch (config.matmulPrecision()) {
            case F32, TF32 -> false;
            case BF16 -> isBf16OrQuantised(a) || isBf16OrQuantised(b);
            case MIXED -> true;
        };
        return half ? DType.BF16 : DType.F32;
    }

    private static boolean isBf16OrQuantised(DType dtype) {
        return dtype == DType.BF16 || dtype.isQuantised();
    }

    private Tensor product(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        return Tensor.allocate(this, TensorType.f32(a.extent(transposeA ? 1 : 0), b.extent(transposeB ? 0 : 1)));
    }

    private static Operand operand(Tensor x) {
        return new Operand(GpuStream.address(x), x.type());
    }

    private static List<Operand> operands(List<Tensor> tensors) {
        return tensors.stream().map(CudaDevice::operand).toList();
    }

    private GpuBuffer executeWidened(Op op, List<Operand> operands, TensorType result) {
        if (isDataMovement(op)
                || operands.stream().noneMatch(x -> isNarrow(x.type().dtype()))) {
            return compute(op, operands, result);
        }
        List<GpuBuffer> temporary = new ArrayList<>();
        List<Operand> wide = operands.stream().map(x -> widened(x, temporary)).toList();
        GpuBuffer exact = compute(op, wide, isNarrow(result.dtype()) ? result.with(DType.F32) : result);
        temporary.forEach(GpuBuffer::close);
        return isNarrow(result.dtype()) ? narrowed(exact, result) : exact;
    }

    private GpuBuffer compute(Op op, List<Operand> operands, TensorType result) {
        GpuBuffer buffer = take(result);
        if (result.shape().size() > 0) {
            primitiveKernels.execute(op, operands, new Operand(buffer.address(), result));
        }
        return buffer;
    }

    private GpuBuffer narrowed(GpuBuffer exact, TensorType result) {
        GpuBuffer buffer = take(result);
        if (result.shape().size() > 0) {
            primitiveKernels.cast(
                    new Operand(exact.address(), result.with(DType.F32)), new Operand(buffer.address(), result));
        }
        exact.close();
        return buffer;
    }

    private Operand widened(Operand x, List<GpuBuffer> temporary) {
        if (!isNarrow(x.type().dtype())) {
            return x;
        }
        TensorType type = x.type().with(DType.F32);
        GpuBuffer buffer = take(type);
        temporary.add(buffer);
        var wide = new Operand(buffer.address(), type);
        if (type.shape().size() > 0) {
            primitiveKernels.cast(x, wide);
        }
        return wide;
    }

    private static boolean isNarrow(DType dtype) {
        return dtype == DType.BF16 || dtype == DType.F16;
    }

    private static boolean isDataMovement(Op op) {
        return switch (op) {
            case Op.Unary unary -> false;
            case Op.Binary binary -> false;
            case Op.MatMul matmul -> false;
            case Op.Sum sum -> false;
            case Op.SumTo sum -> false;
            case Op.CumulativeSum sum -> false;
            case Op.ScatterAdd scatter -> false;
            case Op.Compare compare -> false;
            case Op.Max max -> false;
            case Op.ArgMax max -> false;
            case Op.Where where -> true;
            case Op.BroadcastTo to -> true;
            case Op.Reshape reshape -> true;
            case Op.Permute permute -> true;
            case Op.Slice slice -> true;
            case Op.Pad pad -> true;
            case Op.Concat concat -> true;
            case Op.LowerTriangle triangle -> true;
            case Op.Gather gather -> true;
            case Op.Cast cast -> true;
        };
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return kernelSelector.select(op, operands).or(() -> pluginKernels.kernel(op, operands, kernelHost));
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
        primitiveKernels.copyInto(operand(source).bytewise(), operand(target).bytewise(), axis, start);
    }

    @Override
    public void synchronize() {
        gpuStream.synchronize();
    }

    @Override
    public void close() {
        gpuStream.drain();
        LOG.log(Level.DEBUG, "cuda: {0}", pool);
        deviceContext.closeAll();
        pool.trim();
        gpuBlas.close();
        gpuDriver.close();
    }
}
