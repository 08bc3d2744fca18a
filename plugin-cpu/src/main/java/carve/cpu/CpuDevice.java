package carve.cpu;

import carve.api.device.Buffer;
import carve.api.device.DetailTable;
import carve.api.device.Device;
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
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.config.CpuConfig;
import carve.cpu.conv.ConvStep;
import carve.cpu.conv.JitConvStep;
import carve.cpu.conv.ScalarConvStep;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.GemmStrategies;
import carve.cpu.gemm.GemmStrategy;
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
import java.util.List;
import java.util.Optional;

/**
 * The device {@code cpu}: the processor that runs this program, with all its cores and its vector instructions.
 *
 * <p>Values are in native memory, dense and row-major, in F32, BF16, F16, I32 and I8; weights may be quantised.
 * Arithmetic on BF16 and F16 is done in F32 and rounded. Products, norms, scans, attention, convolutions and losses have kernels, forward and backward;
 * on x86-64 they need AVX2 or AVX-512, and without either the references run.
 */
public final class CpuDevice implements Device {
    private static final StorageTypes STORAGE = StorageTypes.common("cpu");

    private final DeviceContext deviceContext = new DeviceContext();
    private final ThreadPool threadPool;
    private final BufferPool bufferPool;
    private final Primitives primitives;
    private final PrimitiveExecutor executor;
    private final GemmStrategies strategies;
    private final Gemm gemm;
    private final ConvStep convStep;
    private final KernelSelector kernels;
    private final boolean mapWeights;
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
     * @param plugins the plugins' kernels
     */
    public CpuDevice(CpuConfig config, KernelCatalog plugins) {
        this(config, plugins, 0);
    }

    /**
     * Makes the device; its first small products are computed by a scalar loop, which needs no warm-up.
     *
     * @param config the number of threads and the rest of the settings
     * @param plugins the plugins' kernels
     * @param scalarBudget how many multiplications the scalar loop does before vector code takes over
     */
    public CpuDevice(CpuConfig config, KernelCatalog plugins, long scalarBudget) {
        this.threadPool = new ThreadPool(config.threads());
        this.bufferPool = new BufferPool(config.poisonMemory());
        this.mapWeights = config.mapWeights();
        if (!CpuFeatures.HAS_FMA) {
            deviceContext.kernels().unavailableBecause(CpuFeatures.NO_FMA_REASON);
        }
        this.oneDnn = new LazyOneDnn();
        this.strategies = new GemmStrategies(config, threadPool, bufferPool, oneDnn, scalarBudget);
        this.gemm = new Gemm(threadPool, strategies.table());
        this.primitives = new Primitives(threadPool, gemm);
        this.executor = new PrimitiveExecutor(this, new PrimitiveBackend(threadPool, primitives));
        this.convStep =
                JitSupport.reasonAgainst(config.machineCode()).isEmpty() ? new JitConvStep() : new ScalarConvStep();
        var context = new KernelContext(this, threadPool, gemm, strategies.linearName());
        this.kernels = new KernelSelector(
                new CpuKernelTarget(context, convStep),
                CpuFeatures.HAS_FMA ? List.of(new CpuKernels()) : List.of(),
                plugins);
    }

    /** The primitives in F32 and I32; comparisons read BF16 and F16, too. */
    private record PrimitiveBackend(ThreadPool threads, Primitives primitives) implements PrimitiveExecutor.Backend {
        @Override
        public void run(Op op, List<Tensor> operands, Tensor result) {
            Operand[] in = new Operand[operands.size()];
            for (int i = 0; i < in.length; i++) {
                in[i] = Operand.of(operands.get(i));
            }
            primitives.run(op, List.of(in), Operand.of(result));
        }

        @Override
        public void cast(Tensor x, Tensor result) {
            Casts.cast(
                    threads,
                    x.dtype(),
                    KernelContext.addressOf(x),
                    result.dtype(),
                    KernelContext.addressOf(result),
                    result.shape().size());
        }

        @Override
        public boolean readsHalf(Op op) {
            return OpKind.of(op) != OpKind.ARITHMETIC;
        }
    }

    @Override
    public String name() {
        return "cpu";
    }

    /** Returns the table of matrix products; loads the libraries that it names, to know whether they are available. */
    @Override
    public List<DetailTable> details() {
        return List.of(new DetailTable(
                "matrix products C (M, N) = A (M, K) B (K, N): the first strategy that accepts and is available",
                GemmStrategy.COLUMNS,
                gemm.strategies().stream().map(GemmStrategy::row).toList()));
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
        return allocateBuffer(type);
    }

    private CpuBuffer allocateBuffer(TensorType type) {
        STORAGE.require(type.dtype());
        return bufferPool.allocate(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return executor.execute(op, operands, result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return kernels.select(op, operands);
    }

    @Override
    public boolean stores(DType dtype) {
        return STORAGE.contains(dtype);
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
        STORAGE.require(type.dtype());
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
        deviceContext.scopes().closeAll();
        threadPool.close();
        strategies.close();
        convStep.close();
        oneDnn.close();
        bufferPool.close();
    }
}
