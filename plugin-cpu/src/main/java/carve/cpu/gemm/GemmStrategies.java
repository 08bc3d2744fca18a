package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.blas.Blas;
import carve.cpu.blas.LazyBlas;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.config.CpuConfig;
import carve.cpu.config.CpuConfig.Bf16Mode;
import carve.cpu.config.CpuConfig.BlasMode;
import carve.cpu.jit.JitSupport;
import carve.cpu.memory.BufferPool;
import carve.cpu.simd.CpuFeatures;
import carve.cpu.thread.ThreadPool;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The table of matrix products: which kernel computes which problem, in the order in which strategies are tried. All thresholds
 * between strategies are here.
 *
 * <p>Symbols: C (M, N) = A (M, K) B (K, N); work = M N K; E = {@code batch-invariant-rows}. Two laws: with weights and M up to E, the bits of a
 * row of the result depend on that row of A and the weights alone, neither on the rows beside it nor on the number of
 * threads, so only kernels that keep this law accept such problems. Beyond, bits do not depend on the number of threads, except
 * in ND4J.
 *
 * <p>To add a strategy, write its {@link GemmKernel}, put it before the strategies that it is to be preferred to, and add its limits
 * to {@code GemmStrategiesTest}.
 */
public final class GemmStrategies implements AutoCloseable {
    /** The multiply-adds after which the vector kernels of a new process are compiled. */
    public static final long SCALAR_WARM_UP = 64_000_000;
    /** The multiply-adds up to which waking other threads costs more than it saves. */
    static final long SERIAL_WORK = 64L * 64 * 64;
    /** The multiply-adds up to which a device of one thread needs no blocks shared by threads. */
    private static final long SERIAL_WORK_OF_ONE_THREAD = 512L * 512 * 512;
    /** The products for each thread from which on a batch is divided by products. */
    private static final int BATCH_PER_THREAD = 4;
    /** The multiply-adds from which on rounding activations and calling oneDNN pays off. */
    private static final long BF16_WORK = 1L << 23;
    /** The multiply-adds from which on oneDNN was measured to be faster. */
    private static final long ONEDNN_WORK = 1L << 24;
    /** The least extent of a product for a library, chosen automatically. */
    private static final int LIBRARY_EXTENT = 64;
    /** The least extent from which on ND4J was measured to be faster. */
    private static final int ND4J_EXTENT = 1024;

    private final CpuConfig config;
    private final ThreadPool threadPool;
    private final LazyOneDnn oneDnn;
    private final Bf16Gemm bf16;
    private final String reasonAgainstJit;
    private final JitSkinnyGemm jit;
    private final ScalarGemm scalar;
    private final PackedGemm packed;

    /**
     * Makes the kernels of a device.
     *
     * @param oneDnn the library, which belongs to the caller
     * @param scalarWork the multiply-adds that plain loops may do before compiled vector kernels take over
     * @throws carve.api.device.DeviceException if machine code is required and not available
     */
    public GemmStrategies(
            CpuConfig config, ThreadPool threadPool, BufferPool bufferPool, LazyOneDnn oneDnn, long scalarWork) {
        this.config = config;
        this.threadPool = threadPool;
        this.oneDnn = oneDnn;
        this.bf16 = new Bf16Gemm(config.bf16Mode(), oneDnn, threadPool, bufferPool);
        this.reasonAgainstJit = JitSupport.reasonAgainst(config.machineCode());
        this.jit = new JitSkinnyGemm(threadPool, reasonAgainstJit.isEmpty() && CpuFeatures.supportsVnni());
        this.scalar = new ScalarGemm(threadPool, scalarWork);
        this.packed = new PackedGemm(threadPool);
    }

    /** Returns the table. Its texts are joined, since the first use of a formatter takes longer than all the rest at a start. */
    public List<GemmStrategy> table() {
        return List.of(
                empty(),
                bf16(),
                jit(),
                scalar(),
                gemv(),
                dotGemm(),
                serial(),
                batched(),
                oneDnn(),
                nd4j(),
                GemmStrategy.builtin(
                        "packed-gemm",
                        "everything else",
                        "packed blocks shared by all threads, Vector API",
                        p -> true,
                        packed::multiplyOnAllThreads));
    }

    /** Returns the name under which profiles show the kernel of linear layers. */
    public String linearName() {
        return reasonAgainstJit.isEmpty() ? "jit-skinny-gemm" : "vector-skinny-gemm";
    }

    private boolean isSkinny(GemmProblem p) {
        return p.linear() && p.m() <= config.batchInvariantRows();
    }

    private static GemmStrategy empty() {
        return GemmStrategy.builtin("empty", "M N K = 0", "zeros", p -> p.work() == 0, PackedGemm::clear);
    }

    private GemmStrategy bf16() {
        int rows = config.batchInvariantRows();
        return GemmStrategy.builtin(
                        "onednn-bf16",
                        "weights in BF16, quantised; M > " + rows + ", M N K >= 2^23",
                        "oneDNN, BF16 instructions, sums in F32",
                        p -> p.linear()
                                && p.m() > rows
                                && (p.rightType() == DType.BF16 || p.rightType().isQuantised())
                                && p.work() >= BF16_WORK,
                        bf16)
                .unless(config.bf16Mode() == Bf16Mode.BUILTIN ? () -> "bf16-gemm = builtin" : bf16::reasonAgainst);
    }

    private GemmStrategy jit() {
        boolean large = config.blasMode() == BlasMode.AUTO || config.blasMode() == BlasMode.BUILTIN;
        return GemmStrategy.builtin(
                        "jit-skinny-gemm",
                        large ? "weights of any type" : "weights of any type; M <= " + config.batchInvariantRows(),
                        "machine code, AVX-512",
                        p -> jit.supports(p.rightType()) && (large ? p.linear() : isSkinny(p)),
                        jit)
                .addingBias()
                .unless(() -> reasonAgainstJit);
    }

    private GemmStrategy scalar() {
        return GemmStrategy.builtin(
                        "scalar-gemm",
                        "weights in F32, BF16; M <= " + config.batchInvariantRows() + ", the first "
                                + scalar.budget() / 1_000_000 + " million multiply-adds",
                        "plain loops, until vector kernels are compiled",
                        p -> isSkinny(p) && scalar.fitsBudget(p),
                        scalar)
                .addingBias()
                .unless(() -> scalar.budget() == 0 ? "this device was opened without warm-up" : "");
    }

    private GemmStrategy gemv() {
        return GemmStrategy.builtin(
                        "gemv",
                        "weights of any type; M = 1",
                        "dot products of four rows, Vector API",
                        p -> p.linear() && p.m() == 1,
                        new Gemv(threadPool))
                .addingBias();
    }

    private GemmStrategy dotGemm() {
        return GemmStrategy.builtin(
                        "dot-gemm",
                        "weights of any type; M <= " + config.batchInvariantRows(),
                        "dot products of tiles, Vector API",
                        this::isSkinny,
                        new DotGemm(threadPool))
                .addingBias();
    }

    private GemmStrategy serial() {
        boolean one = threadPool.threads() == 1;
        return GemmStrategy.builtin(
                "serial-gemm",
                one ? "M N K <= 512^3, one thread" : "M N K <= 64^3 for all of a batch",
                "packed blocks on the caller's thread, Vector API",
                p -> p.work() * p.batch() <= SERIAL_WORK || one && p.work() <= SERIAL_WORK_OF_ONE_THREAD,
                packed::multiplyOnCaller);
    }

    private GemmStrategy batched() {
        int products = BATCH_PER_THREAD * threadPool.threads();
        return GemmStrategy.builtin(
                "batched-gemm",
                "batches of " + products + " products or more, or M N K <= 64^3 each",
                "packed blocks, one product for each task, Vector API",
                p -> p.batch() >= products || p.work() <= SERIAL_WORK,
                packed::multiplyEachOnOneThread);
    }

    private GemmStrategy oneDnn() {
        LazyBlas library = LazyBlas.oneDnn(config.blasMode(), oneDnn, threadPool);
        // oneDNN copies a transposed left operand: at (576, 1500) x (1500, 192) packed-gemm was a quarter faster
        Predicate<GemmProblem> automatic = p -> isForLibrary(p) && !p.transposeA();
        return library(
                "onednn-f32",
                automaticCondition("M N K >= 2^24, A not transposed"),
                "oneDNN",
                BlasMode.ONEDNN,
                automatic,
                library);
    }

    private GemmStrategy nd4j() {
        return library(
                "nd4j-f32",
                automaticCondition("M, N, K >= " + ND4J_EXTENT),
                "ND4J, OpenBLAS",
                BlasMode.ND4J,
                p -> isForLibrary(p) && p.minExtent() >= ND4J_EXTENT,
                LazyBlas.nd4j(config.blasMode()));
    }

    private GemmStrategy library(
            String name,
            String automaticCondition,
            String implementation,
            BlasMode own,
            Predicate<GemmProblem> automatic,
            LazyBlas library) {
        BlasMode mode = config.blasMode();
        boolean used = mode == BlasMode.AUTO || mode == own;
        Supplier<String> reason =
                used ? library::reasonAgainst : () -> "blas = " + mode.name().toLowerCase(Locale.ROOT);
        Predicate<GemmProblem> accepts = mode == own ? p -> p.work() >= SERIAL_WORK : automatic;
        return GemmStrategy.builtin(
                        name,
                        mode == own ? "dense F32; M N K >= 64^3" : automaticCondition,
                        implementation,
                        p -> p.isDense() && accepts.test(p),
                        p -> multiply(library.blas(), p))
                .unless(reason);
    }

    private String automaticCondition(String rest) {
        return "dense F32; M > " + config.batchInvariantRows() + ", " + rest;
    }

    private boolean isForLibrary(GemmProblem p) {
        return p.m() > config.batchInvariantRows() && p.minExtent() >= LIBRARY_EXTENT && p.work() >= ONEDNN_WORK;
    }

    private static void multiply(Blas library, GemmProblem p) {
        for (int i = 0; i < p.batch(); i++) {
            library.multiply(
                    p.m(),
                    p.n(),
                    p.k(),
                    p.a().address() + 4 * i * p.a().batchStride(),
                    p.transposeA(),
                    p.b().address() + 4 * i * p.b().batchStride(),
                    p.rightLayout() == RightLayout.F32_TRANSPOSED,
                    p.c().address() + 4 * i * p.c().batchStride());
        }
    }

    @Override
    public void close() {
        jit.close();
    }
}
