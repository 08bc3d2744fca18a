package carve.cuda;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Workspace;
import carve.cuda.Primitives.Operand;
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

    private final Workspace workspace = new Workspace();
    private final Driver driver;
    private final Stream stream;
    private final MemoryPool pool;
    private final Blas products;
    private final CudaConfig config;
    private final Primitives primitives;
    private final Kernels kernels;
    private final KernelCatalog offered;
    private final OfferedHost host;

    /** Makes the device over a driver, which is closed with it; products of matrices are those of a library, or our own. */
    CudaDevice(Driver driver, Compiler compiler, CudaConfig config, BiFunction<Stream, Blas, Blas> blas) {
        this(driver, compiler, config, blas, KernelCatalog.NONE);
    }

    /** Makes the device with kernels of plugins, which run where it has none of its own. */
    CudaDevice(
            Driver driver,
            Compiler compiler,
            CudaConfig config,
            BiFunction<Stream, Blas, Blas> blas,
            KernelCatalog offered) {
        this.offered = offered;
        this.driver = driver;
        var replays = new Replays(driver, config.graphs());
        this.stream = new Stream(driver, new Modules(driver, compiler), replays);
        this.host = new OfferedHost(this, stream);
        this.pool = new MemoryPool(driver, stream::finish);
        this.config = config;
        this.products = blas.apply(stream, new KernelBlas(stream, config.products(), driver.card()));
        this.primitives = new Primitives(stream, products);
        var steps = new Steps(stream, pool);
        stream.let(steps);
        this.kernels = new Kernels(
                new Engine(this, stream, driver.card(), steps, config.products().options(driver.card())));
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public Workspace workspace() {
        return workspace;
    }

    /** Returns what the card is. */
    Card card() {
        return driver.card();
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
        return Code.knows(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return take(type);
    }

    private CudaBuffer take(TensorType type) {
        Code.of(type.dtype()); // refuses what is not computed with
        return pool.take(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        List<Operand> given = operands(operands);
        if (op instanceof Op.MatMul) {
            return multiply(op, given, result);
        }
        boolean rows = result.dtype().isQuantised() && !(op instanceof Op.Cast); // which are moved whole
        return rows
                ? compute(op, given.stream().map(Operand::bytewise).toList(), result.bytewise())
                : calculate(op, given, result);
    }

    // products take operands as they are stored, and are F32, or rounded as they are written
    private CudaBuffer multiply(Op op, List<Operand> operands, TensorType result) {
        if (products.gives(Code.of(result.dtype()))) {
            return compute(op, operands, result);
        }
        CudaBuffer product = compute(op, operands, result.with(DType.F32));
        return isNarrow(result.dtype()) ? rounded(product, result) : product;
    }

    /** Returns the F32 product of two matrices that may be stored in different types. */
    Tensor multiply(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        List<Tensor> alike = alike(a, b);
        Tensor product = product(a, b, transposeA, transposeB);
        primitives.run(new Op.MatMul(transposeA, transposeB), operands(alike), operand(product));
        return product;
    }

    /** Returns {@code x w^T + bias} (m, n), F32, of x (m, k), w (n, k), bias (n); nothing where that takes two passes. */
    Optional<Tensor> multiplyAndAdd(Tensor x, Tensor weight, Tensor bias) {
        List<Tensor> alike = alike(x, weight);
        Tensor sum = product(x, weight, false, true);
        Tensor wide = bias.cast(DType.F32);
        boolean done = primitives.multiplyAndAdd(operands(alike), Stream.at(wide), operand(sum));
        return done ? Optional.of(sum) : Optional.empty();
    }

    // as they are, or converted to one type
    private List<Tensor> alike(Tensor a, Tensor b) {
        DType common = common(a.dtype(), b.dtype());
        boolean taken = common == DType.F32 && products.takes(Code.of(a.dtype()), Code.of(b.dtype()));
        return taken ? List.of(a, b) : List.of(a.cast(common), b.cast(common));
    }

    // what operands are converted to if they must be of one type
    private DType common(DType a, DType b) {
        boolean half = switch (config.products()) {
            case F32, TF32 -> false;
            case BF16 -> isSmall(a) || isSmall(b);
            case MIXED -> true;
        };
        return half ? DType.BF16 : DType.F32;
    }

    private static boolean isSmall(DType dtype) {
        return dtype == DType.BF16 || dtype.isQuantised();
    }

    private Tensor product(Tensor a, Tensor b, boolean transposeA, boolean transposeB) {
        return Tensor.allocate(this, TensorType.f32(a.extent(transposeA ? 1 : 0), b.extent(transposeB ? 0 : 1)));
    }

    private static Operand operand(Tensor x) {
        return new Operand(Stream.at(x), x.type());
    }

    private static List<Operand> operands(List<Tensor> tensors) {
        return tensors.stream().map(CudaDevice::operand).toList();
    }

    private CudaBuffer calculate(Op op, List<Operand> operands, TensorType result) {
        if (movesOnly(op) || operands.stream().noneMatch(x -> isNarrow(x.type().dtype()))) {
            return compute(op, operands, result);
        }
        List<CudaBuffer> temporary = new ArrayList<>();
        List<Operand> wide = operands.stream().map(x -> widened(x, temporary)).toList();
        CudaBuffer exact = compute(op, wide, isNarrow(result.dtype()) ? result.with(DType.F32) : result);
        temporary.forEach(CudaBuffer::close);
        return isNarrow(result.dtype()) ? rounded(exact, result) : exact;
    }

    private CudaBuffer compute(Op op, List<Operand> operands, TensorType result) {
        CudaBuffer buffer = take(result);
        if (result.shape().size() > 0) {
            primitives.run(op, operands, new Operand(buffer.address(), result));
        }
        return buffer;
    }

    private CudaBuffer rounded(CudaBuffer exact, TensorType result) {
        CudaBuffer buffer = take(result);
        if (result.shape().size() > 0) {
            primitives.cast(
                    new Operand(exact.address(), result.with(DType.F32)), new Operand(buffer.address(), result));
        }
        exact.close();
        return buffer;
    }

    private Operand widened(Operand x, List<CudaBuffer> temporary) {
        if (!isNarrow(x.type().dtype())) {
            return x;
        }
        TensorType type = x.type().with(DType.F32);
        CudaBuffer buffer = take(type);
        temporary.add(buffer);
        var wide = new Operand(buffer.address(), type);
        if (type.shape().size() > 0) {
            primitives.cast(x, wide);
        }
        return wide;
    }

    private static boolean isNarrow(DType dtype) {
        return dtype == DType.BF16 || dtype == DType.F16;
    }

    private static boolean movesOnly(Op op) {
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
        return kernels.of(op, operands).or(() -> offered.kernel(op, operands, host));
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        CudaBuffer buffer = take(type);
        stream.upload(values, buffer.address(), type.bytes());
        return buffer;
    }

    @Override
    public Download fetch(Tensor tensor) {
        pool.turn();
        return stream.fetch(Stream.at(tensor), tensor.type().bytes());
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        pool.turn();
        stream.download(Stream.at(tensor), to, tensor.type().bytes());
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        primitives.place(operand(source).bytewise(), operand(target).bytewise(), axis, start);
    }

    @Override
    public void synchronize() {
        stream.synchronize();
    }

    @Override
    public void close() {
        stream.finish();
        LOG.log(Level.DEBUG, "cuda: {0}", pool);
        workspace.closeAll();
        pool.trim();
        products.close();
        driver.close();
    }
}
