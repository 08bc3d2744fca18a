package carve.cpu;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Workspace;
import carve.cpu.Primitives.Operand;
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
    private final Workspace workspace = new Workspace();
    private final Workers workers;
    private final Pool pool;
    private final Primitives primitives;
    private final FewRows fewRows;
    private final ConvStep convStep;
    private final Kernels kernels;
    private final boolean maps;
    private final KernelCatalog offered;
    private final OfferedHost host;
    private final LazyOneDnn library;

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
    CpuDevice(CpuConfig config, KernelCatalog offered, long plain) {
        this.offered = offered;
        this.workers = new Workers(config.threads());
        this.host = new OfferedHost(this, workers);
        this.pool = new Pool(config.poison());
        this.maps = config.mapWeights();
        if (!Processor.FUSES) {
            workspace.withoutKernels(Processor.PLAIN);
        }
        this.library = new LazyOneDnn();
        Gemm gemm = new Gemm(workers, new BlasChoice(config, library, workers));
        this.primitives = new Primitives(workers, gemm);
        Bf16Products bf16 = new Bf16Products(config.bf16(), library, workers, pool);
        boolean code = CodeChoice.serves(config.machineCode());
        this.fewRows = code ? new CodedProducts(workers, config.blas()) : new VectorProducts(workers, plain);
        this.convStep = code ? new CodedConvStep() : new PlainConvStep();
        this.kernels = new Kernels(new Engine(this, workers, gemm, convStep, fewRows, bf16, config.exactRows()));
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int threads() {
        return workers.threads();
    }

    @Override
    public void useThreads(int most) {
        workers.use(most);
    }

    @Override
    public Workspace workspace() {
        return workspace;
    }

    @Override
    public Buffer allocate(TensorType type) {
        requireSupported(type.dtype());
        return pool.take(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        if (op instanceof Op.Cast) {
            CpuBuffer buffer = take(result);
            Operand x = Operand.of(operands.getFirst());
            Casts.run(
                    workers,
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
                    result.bytewise());
        }
        return calculates(op) && operands.stream().anyMatch(x -> isNarrow(x.dtype()))
                ? executeWide(op, operands, result)
                : compute(op, operands.stream().map(Operand::of).toList(), result);
    }

    private CpuBuffer take(TensorType type) {
        requireSupported(type.dtype());
        return pool.take(type.bytes());
    }

    private CpuBuffer compute(Op op, List<Operand> operands, TensorType result) {
        CpuBuffer buffer = take(result);
        try {
            primitives.run(op, operands, new Operand(buffer.address(), result));
            return buffer;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    /** Computes in F32 what is stored in fewer bits. */
    private CpuBuffer executeWide(Op op, List<Tensor> operands, TensorType result) {
        List<CpuBuffer> temporary = new ArrayList<>();
        try {
            List<Operand> wide = operands.stream()
                    .map(x -> widened(Operand.of(x), temporary))
                    .toList();
            if (!isNarrow(result.dtype())) {
                return compute(op, wide, result);
            }
            CpuBuffer exact = compute(op, wide, result.with(DType.F32));
            temporary.add(exact);
            CpuBuffer rounded = take(result);
            Casts.run(
                    workers,
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

    private Operand widened(Operand x, List<CpuBuffer> temporary) {
        if (!isNarrow(x.dtype())) {
            return x;
        }
        TensorType type = x.type().with(DType.F32);
        CpuBuffer buffer = take(type);
        temporary.add(buffer);
        Casts.run(
                workers,
                x.dtype(),
                x.address(),
                DType.F32,
                buffer.address(),
                type.shape().size());
        return new Operand(buffer.address(), type);
    }

    private static boolean calculates(Op op) {
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
        Optional<Kernel> own = Processor.FUSES ? kernels.of(op, operands) : Optional.empty();
        return own.or(() -> offered.kernel(op, operands, host));
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
        CpuBuffer buffer = take(type);
        MemorySegment.copy(values, 0, Memory.segment(buffer.address(), Math.max(1, type.bytes())), 0, type.bytes());
        return buffer;
    }

    @Override
    public Buffer map(TensorType type, MemorySegment values, Runnable released) {
        requireSupported(type.dtype());
        if (!maps || !values.isNative() || type.bytes() == 0) {
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
        MemorySegment.copy(Memory.segment(Operand.of(tensor).address(), Math.max(1, bytes)), 0, to, 0, bytes);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        if (source.shape().size() > 0) {
            primitives.store(Operand.of(source).bytewise(), Operand.of(target).bytewise(), axis, start);
        }
    }

    @Override
    public void close() {
        workspace.closeAll();
        workers.close();
        fewRows.close();
        convStep.close();
        library.close();
        pool.close();
    }

    private void requireSupported(DType dtype) {
        if (!stores(dtype)) {
            throw unsupported(dtype);
        }
    }

    static DeviceException unsupported(DType dtype) {
        return new DeviceException(
                "cpu: %s is not computed with; convert to F32, BF16, F16, I32 or I8".formatted(dtype));
    }
}
