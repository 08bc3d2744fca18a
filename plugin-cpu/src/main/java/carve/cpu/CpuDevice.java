package carve.cpu;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.blas.BlasSelector;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.config.CpuConfig;
import carve.cpu.conv.ConvStep;
import carve.cpu.conv.JitConvStep;
import carve.cpu.conv.ScalarConvStep;
import carve.cpu.gemm.Bf16Gemm;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.JitSkinnyGemm;
import carve.cpu.gemm.SkinnyGemm;
import carve.cpu.gemm.VectorSkinnyGemm;
import carve.cpu.jit.JitSupport;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.BufferPool;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.memory.NativeMemory;
import carve.cpu.primitive.Primitives;
import carve.cpu.primitive.Primitives.Operand;
import carve.cpu.simd.Casts;
import carve.cpu.simd.CpuFeatures;
import carve.cpu.thread.ThreadPool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The processor that runs this program, with all its cores and vectors.
 *
 * <p>Values are in native memory, dense and row-major, in F32, BF16, F16, I32 and I8; weights may be Q8_0 and Q4_0.
 * Arithmetic on BF16 and F16 is done in F32 and rounded. Products, norms, scans, attention, convolutions and losses have kernels, forward and backward;
 * on x86-64 they need AVX2 or AVX-512, and without either the definitions run.
 */
public final class CpuDevice implements Device {
    private final DeviceContext deviceContext = new DeviceContext();
    private final ThreadPool threadPool;
    private final BufferPool bufferPool;
    private final Primitives primitives;
    private final SkinnyGemm skinnyGemm;
    private final ConvStep convStep;
    private final KernelSelector kernelSelector;
    private final boolean mapWeights;
    private final KernelCatalog pluginKernels;
    private final CpuHostMemory host;
    private final LazyOneDnn oneDnn;

    /**
     * Makes the device.
     *
     * @param config the number of threads and the rest of the settings
     */
    public CpuDevice(CpuConfig config) {
        this(config, KernelCatalog.NONE);
    }

    /**
     * Makes the device with kernels of plugins, which run where it has none of its own.
     *
     * @param config the number of threads and the rest of the settings
     * @param offered the plugins' kernels
     */
    public CpuDevice(CpuConfig config, KernelCatalog offered) {
        this(config, offered, 0);
    }

    /**
     * Makes the device, with plain products first.
     *
     * @param plain how many multiplications they may have
     */
    public CpuDevice(CpuConfig config, KernelCatalog offered, long plain) {
        this.pluginKernels = offered;
        this.threadPool = new ThreadPool(config.threads());
        this.host = new CpuHostMemory(this, threadPool);
        this.bufferPool = new BufferPool(config.poisonMemory());
        this.mapWeights = config.mapWeights();
        if (!CpuFeatures.HAS_FMA) {
            deviceContext.noKernelsBecause(CpuFeatures.NO_FMA_REASON);
        }
        this.oneDnn = new LazyOneDnn();
        Gemm gemm = new Gemm(threadPool, new BlasSelector(config, oneDnn, threadPool));
        this.primitives = new Primitives(threadPool, gemm);
        Bf16Gemm bf16 = new Bf16Gemm(config.bf16Mode(), oneDnn, threadPool, bufferPool);
        boolean code = JitSupport.isEnabled(config.machineCode());
        this.skinnyGemm =
                code ? new JitSkinnyGemm(threadPool, config.blasMode()) : new VectorSkinnyGemm(threadPool, plain);
        this.convStep = code ? new JitConvStep() : new ScalarConvStep();
        this.kernelSelector = new KernelSelector(
                new KernelContext(this, threadPool, gemm, convStep, skinnyGemm, bf16, config.batchInvariantRows()));
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int threads() {
        return threadPool.threads();
    }

    @Override
    public void useThreads(int most) {
        threadPool.limitThreads(most);
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    @Override
    public Buffer allocate(TensorType type) {
        requireSupported(type.dtype());
        return bufferPool.allocate(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        if (op instanceof Op.Cast) {
            CpuBuffer buffer = allocateBuffer(result);
            Operand x = Operand.of(operands.getFirst());
            Casts.cast(
                    threadPool,
                    x.dtype(),
                    x.address(),
                    result.dtype(),
                    buffer.address(),
                    result.shape().size());
            return buffer;
        }
        if (result.dtype().isQuantised()) { // whole rows are moved
            return compute(
                    op,
                    operands.stream().map(Operand::of).map(Operand::bytewise).toList(),
                    result.asBytes());
        }
        return isArithmetic(op) && operands.stream().anyMatch(x -> isNarrow(x.dtype()))
                ? executeInF32(op, operands, result)
                : compute(op, operands.stream().map(Operand::of).toList(), result);
    }

    private CpuBuffer allocateBuffer(TensorType type) {
        requireSupported(type.dtype());
        return bufferPool.allocate(type.bytes());
    }

    private CpuBuffer compute(Op op, List<Operand> operands, TensorType result) {
        CpuBuffer buffer = allocateBuffer(result);
        try {
            primitives.run(op, operands, new Operand(buffer.address(), result));
            return buffer;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    /** Computes in F32 what is stored in fewer bits. */
    private CpuBuffer executeInF32(Op op, List<Tensor> operands, TensorType result) {
        List<CpuBuffer> temporary = new ArrayList<>();
        try {
            List<Operand> wide =
                    operands.stream().map(x -> upcast(Operand.of(x), temporary)).toList();
            if (!isNarrow(result.dtype())) {
                return compute(op, wide, result);
            }
            CpuBuffer exact = compute(op, wide, result.with(DType.F32));
            temporary.add(exact);
            CpuBuffer rounded = allocateBuffer(result);
            Casts.cast(
                    threadPool,
                    DType.F32,
                    exact.address(),
                    result.dtype(),
                    rounded.address(),
                    result.shape().size());
            return rounded;
        } finally {
            temporary.forEach(CpuBuffer::close);
        }
    }

    private Operand upcast(Operand x, List<CpuBuffer> temporary) {
        if (!isNarrow(x.dtype())) {
            return x;
        }
        TensorType type = x.type().with(DType.F32);
        CpuBuffer buffer = allocateBuffer(type);
        temporary.add(buffer);
        Casts.cast(
                threadPool,
                x.dtype(),
                x.address(),
                DType.F32,
                buffer.address(),
                type.shape().size());
        return new Operand(buffer.address(), type);
    }

    private static boolean isArithmetic(Op op) {
        return switch (op) {
            case Op.Unary unary -> true;
            case Op.Binary binary -> true;
            case Op.MatMul matmul -> true;
            case Op.Sum sum -> true;
            case Op.SumTo sum -> true;
            case Op.CumulativeSum sum -> true;
            case Op.ScatterAdd scatter -> true;
            case Op.Compare compare -> false;
            case Op.Where where -> false;
            case Op.Max max -> false;
            case Op.ArgMax max -> false;
            case Op.BroadcastTo to -> false;
            case Op.Reshape reshape -> false;
            case Op.Permute permute -> false;
            case Op.Slice slice -> false;
            case Op.Pad pad -> false;
            case Op.Concat concat -> false;
            case Op.LowerTriangle triangle -> false;
            case Op.Gather gather -> false;
            case Op.Cast cast -> false;
        };
    }

    private static boolean isNarrow(DType dtype) {
        return dtype == DType.BF16 || dtype == DType.F16;
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        Optional<Kernel> own = CpuFeatures.HAS_FMA ? kernelSelector.select(op, operands) : Optional.empty();
        return own.or(() -> pluginKernels.kernel(op, operands, host));
    }

    @Override
    public boolean stores(DType dtype) {
        return switch (dtype) {
            case F32, BF16, F16, I32, I8, Q8_0, Q4_0 -> true;
            case F64, I64, I16, U8, BOOL -> false;
        };
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        CpuBuffer buffer = allocateBuffer(type);
        MemorySegment.copy(
                values, 0, NativeMemory.segment(buffer.address(), Math.max(1, type.bytes())), 0, type.bytes());
        return buffer;
    }

    @Override
    public Buffer map(TensorType type, MemorySegment values, Runnable released) {
        requireSupported(type.dtype());
        if (!mapWeights || !values.isNative() || type.bytes() == 0) {
            return Device.super.map(type, values, released);
        }
        return new CpuBuffer(values.address(), type.bytes(), () -> {
            Reference.reachabilityFence(values); // the buffer keeps them, should the collector own them
            released.run();
        });
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        long bytes = tensor.type().bytes();
        MemorySegment.copy(NativeMemory.segment(Operand.of(tensor).address(), Math.max(1, bytes)), 0, to, 0, bytes);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        if (source.shape().size() > 0) {
            primitives.store(Operand.of(source).bytewise(), Operand.of(target).bytewise(), axis, start);
        }
    }

    @Override
    public void close() {
        deviceContext.closeAll();
        threadPool.close();
        skinnyGemm.close();
        convStep.close();
        oneDnn.close();
        bufferPool.close();
    }

    private void requireSupported(DType dtype) {
        if (!stores(dtype)) {
            throw Casts.unsupported(dtype);
        }
    }
}
