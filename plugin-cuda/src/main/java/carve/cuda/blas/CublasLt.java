package carve.cuda.blas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.MatmulPrecision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Products of matrices to which a bias is added as they are written, by cuBLASLt: what it calls an epilogue, which spares a
 * pass over the product. For each shape its heuristic chooses an algorithm once.
 */
public final class CublasLt implements AutoCloseable {
    /** The bytes of memory that algorithms may use: what NVIDIA recommends for Hopper. */
    public static final long WORKSPACE_BYTES = 32L << 20;

    private static final int F32 = 0; // CUDA_R_32F
    private static final int TRANSPOSE_A = 3; // cublasLtMatmulDescAttributes_t
    private static final int TRANSPOSE_B = 4;
    private static final int EPILOGUE = 7;
    private static final int BIAS_POINTER = 8;
    private static final int EPILOGUE_BIAS = 4;
    private static final int MAX_WORKSPACE_BYTES = 1; // cublasLtMatmulPreferenceAttributes_t
    private static final long RESULT_BYTES =
            96; // cublasLtMatmulHeuristicResult_t: the algorithm's 64, its workspace, ...
    private static final long ALGORITHM_BYTES = 64;
    private static final int MOST_PLANS = 64;

    /** The shape of a product, without where its matrices are. */
    private record GemmShape(int m, int n, int k, GpuBlas.Matrix a, GpuBlas.Matrix b, GpuBlas.Matrix c) {
        static GemmShape of(int m, int n, int k, GpuBlas.Matrix a, GpuBlas.Matrix b, GpuBlas.Matrix c) {
            return new GemmShape(m, n, k, a.withoutAddress(), b.withoutAddress(), c.withoutAddress());
        }
    }

    /** A plan for a product: its descriptions and the algorithm. */
    private record GemmPlan(
            Arena arena,
            MemorySegment product,
            MemorySegment a,
            MemorySegment b,
            MemorySegment c,
            Optional<MemorySegment> algorithm) {}

    private final NativeLibrary nativeLibrary;
    private final MemorySegment stream;
    private final Runnable flush;
    private final MatmulPrecision matmulPrecision;
    private final long workspace;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment handle;
    private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1);
    private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0);
    private final MemorySegment pointer = arena.allocate(JAVA_LONG);
    private final MethodHandle matmul;
    private final Map<GemmShape, GemmPlan> plans = new LinkedHashMap<>(MOST_PLANS, 0.75f, true);

    /**
     * Opens the library.
     *
     * @param stream the driver's handle of the stream that products are computed on
     * @param flush hands the driver what was asked before
     * @param matmulPrecision how F32 is computed
     * @param workspace memory of the card for algorithms, of {@link #WORKSPACE_BYTES}; 0 for none
     */
    public CublasLt(
            NativeLibrary nativeLibrary, long stream, Runnable flush, MatmulPrecision matmulPrecision, long workspace) {
        this.nativeLibrary = nativeLibrary;
        this.stream = MemorySegment.ofAddress(stream);
        this.flush = flush;
        this.matmulPrecision = matmulPrecision;
        this.workspace = workspace;
        this.handle = made("cublasLtCreate", arena);
        this.matmul = nativeLibrary.function(
                "cublasLtMatmul",
                ADDRESS, // handle
                ADDRESS, // what is computed
                ADDRESS, // alpha
                JAVA_LONG, // A, its layout
                ADDRESS,
                JAVA_LONG, // B
                ADDRESS,
                ADDRESS, // beta
                JAVA_LONG, // C, which is not read
                ADDRESS,
                JAVA_LONG, // D
                ADDRESS,
                ADDRESS, // algorithm
                JAVA_LONG, // workspace, its bytes
                JAVA_LONG,
                ADDRESS); // stream
    }

    private void call(String function, MemoryLayout[] layouts, Object... arguments) {
        CublasBlas.check(function, NativeLibrary.call(nativeLibrary.function(function, layouts), arguments));
    }

    private void call(String function, MemorySegment only) {
        call(function, new MemoryLayout[] {ADDRESS}, only);
    }

    private MemorySegment made(String function, Arena where) {
        var created = where.allocate(ADDRESS);
        call(function, created);
        return created.get(ADDRESS, 0);
    }

    /**
     * Sets c (m, n), F32, to a (m, k) b (k, n), to whose columns a bias (m), F32, is added; nothing is empty.
     *
     * @return whether the library does so for such matrices
     */
    boolean gemmWithBias(int m, int n, int k, GpuBlas.Matrix a, GpuBlas.Matrix b, GpuBlas.Matrix c, long bias) {
        GemmPlan gemmPlan = plans.computeIfAbsent(GemmShape.of(m, n, k, a, b, c), gemmShape -> plan(gemmShape, bias));
        evictOldest();
        if (gemmPlan.algorithm().isEmpty()) {
            return false;
        }
        flush.run();
        point(gemmPlan.product(), bias);
        CublasBlas.check(
                "cublasLtMatmul",
                NativeLibrary.call(
                        matmul,
                        handle,
                        gemmPlan.product(),
                        one,
                        a.address(),
                        gemmPlan.a(),
                        b.address(),
                        gemmPlan.b(),
                        zero,
                        c.address(),
                        gemmPlan.c(),
                        c.address(),
                        gemmPlan.c(),
                        gemmPlan.algorithm().get(),
                        workspace,
                        workspaceBytes(),
                        stream));
        return true;
    }

    private long workspaceBytes() {
        return workspace == 0 ? 0 : WORKSPACE_BYTES;
    }

    private GemmPlan plan(GemmShape gemmShape, long bias) {
        Arena own = Arena.ofConfined();
        var product = own.allocate(ADDRESS);
        int compute = CublasBlas.compute(gemmShape.a().typeCode(), matmulPrecision);
        call("cublasLtMatmulDescCreate", new MemoryLayout[] {ADDRESS, JAVA_INT, JAVA_INT}, product, compute, F32);
        MemorySegment described = product.get(ADDRESS, 0);
        describe(
                described, TRANSPOSE_A, own.allocateFrom(JAVA_INT, gemmShape.a().transposed() ? 1 : 0));
        describe(
                described, TRANSPOSE_B, own.allocateFrom(JAVA_INT, gemmShape.b().transposed() ? 1 : 0));
        describe(described, EPILOGUE, own.allocateFrom(JAVA_INT, EPILOGUE_BIAS));
        point(described, bias); // an algorithm may depend on how it lies
        MemorySegment a = layout(own, gemmShape.a(), gemmShape.m(), gemmShape.k());
        MemorySegment b = layout(own, gemmShape.b(), gemmShape.k(), gemmShape.n());
        MemorySegment c = layout(own, gemmShape.c(), gemmShape.m(), gemmShape.n());
        return new GemmPlan(own, described, a, b, c, algorithm(own, described, a, b, c));
    }

    private void point(MemorySegment product, long bias) {
        pointer.set(JAVA_LONG, 0, bias);
        describe(product, BIAS_POINTER, pointer);
    }

    private void describe(MemorySegment product, int attribute, MemorySegment value) {
        call(
                "cublasLtMatmulDescSetAttribute",
                new MemoryLayout[] {ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG},
                product,
                attribute,
                value,
                value.byteSize());
    }

    // the matrix as it is stored, before it is transposed
    private MemorySegment layout(Arena own, GpuBlas.Matrix matrix, long rows, long columns) {
        var layout = own.allocate(ADDRESS);
        call(
                "cublasLtMatrixLayoutCreate",
                new MemoryLayout[] {ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG},
                layout,
                CublasBlas.type(matrix.typeCode()),
                matrix.transposed() ? columns : rows,
                matrix.transposed() ? rows : columns,
                matrix.leadingDimension());
        return layout.get(ADDRESS, 0);
    }

    private Optional<MemorySegment> algorithm(
            Arena own, MemorySegment product, MemorySegment a, MemorySegment b, MemorySegment c) {
        MemorySegment preference = made("cublasLtMatmulPreferenceCreate", own);
        call(
                "cublasLtMatmulPreferenceSetAttribute",
                new MemoryLayout[] {ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG},
                preference,
                MAX_WORKSPACE_BYTES,
                own.allocateFrom(JAVA_LONG, workspaceBytes()),
                (long) Long.BYTES);
        var best = own.allocate(RESULT_BYTES, Long.BYTES);
        var count = own.allocate(JAVA_INT);
        MethodHandle heuristic = nativeLibrary.function(
                "cublasLtMatmulAlgoGetHeuristic",
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                ADDRESS);
        int code = NativeLibrary.call(heuristic, handle, product, a, b, c, c, preference, 1, best, count);
        call("cublasLtMatmulPreferenceDestroy", preference);
        return code == 0 && count.get(JAVA_INT, 0) == 1
                ? Optional.of(best.asSlice(0, ALGORITHM_BYTES))
                : Optional.empty();
    }

    private void evictOldest() {
        if (plans.size() > MOST_PLANS) {
            Iterator<GemmPlan> oldest = plans.values().iterator();
            release(oldest.next());
            oldest.remove();
        }
    }

    private void release(GemmPlan gemmPlan) {
        call("cublasLtMatmulDescDestroy", gemmPlan.product());
        for (MemorySegment layout : new MemorySegment[] {gemmPlan.a(), gemmPlan.b(), gemmPlan.c()}) {
            call("cublasLtMatrixLayoutDestroy", layout);
        }
        gemmPlan.arena().close();
    }

    @Override
    public void close() {
        plans.values().forEach(this::release);
        plans.clear();
        call("cublasLtDestroy", handle);
        arena.close();
    }
}
