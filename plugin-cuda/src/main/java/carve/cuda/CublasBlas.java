package carve.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Products of matrices by cuBLAS, of whichever major version is there, on the device's stream. */
final class CublasBlas implements Blas {
    private static final int[] TYPES = {0, 14, 2}; // CUDA_R_32F, CUDA_R_16BF, CUDA_R_16F
    private static final int F32 = 0;
    private static final int MAJOR = 0; // libraryPropertyType
    private static final int MINOR = 1;
    private static final int COMPUTE_32F = 68;
    private static final int COMPUTE_32F_FAST_TF32 = 77;
    private static final int GEMM_DEFAULT = -1;

    private final Library library;
    private final Runnable flush;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment handle;
    private final MemorySegment one;
    private final MemorySegment zero;
    private final MethodHandle gemm;
    private final CudaConfig.Products products;
    private final Optional<CublasLt> biased;

    /**
     * Opens the library.
     *
     * @param stream the driver's handle of the stream that products are computed on
     * @param flush hands the driver what was asked before
     * @param products how F32 is computed
     * @param biased what adds a bias to a product, if there is something; closed with this
     */
    CublasBlas(Library library, long stream, Runnable flush, CudaConfig.Products products, Optional<CublasLt> biased) {
        this.products = products;
        this.biased = biased;
        this.library = library;
        this.flush = flush;
        var created = arena.allocate(ADDRESS);
        check("cublasCreate", Library.call(library.function("cublasCreate_v2", ADDRESS), created));
        this.handle = created.get(ADDRESS, 0);
        this.one = arena.allocateFrom(JAVA_FLOAT, 1);
        this.zero = arena.allocateFrom(JAVA_FLOAT, 0);
        check(
                "cublasSetStream",
                Library.call(
                        library.function("cublasSetStream_v2", ADDRESS, ADDRESS),
                        handle,
                        MemorySegment.ofAddress(stream)));
        this.gemm = library.function(
                "cublasGemmStridedBatchedEx",
                ADDRESS, // handle
                JAVA_INT, // op(A)
                JAVA_INT, // op(B)
                JAVA_INT, // m
                JAVA_INT, // n
                JAVA_INT, // k
                ADDRESS, // alpha
                JAVA_LONG, // A, its type, columns' and matrices' distance
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG, // B
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS, // beta
                JAVA_LONG, // C
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_INT, // batches
                JAVA_INT, // type of the computation
                JAVA_INT); // algorithm
    }

    /** Returns what cuBLAS calls a storage type. */
    static int type(int code) {
        return TYPES[code];
    }

    /** Returns how cuBLAS is to compute with operands of a storage type. */
    static int compute(int code, CudaConfig.Products products) {
        return code == F32 && products == CudaConfig.Products.TF32 ? COMPUTE_32F_FAST_TF32 : COMPUTE_32F;
    }

    /** Returns the library's version, and where it was found; nothing is started for it. */
    static String version(Library library) {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(JAVA_INT);
            var property = library.function("cublasGetProperty", JAVA_INT, ADDRESS);
            check("cublasGetProperty", Library.call(property, MAJOR, value));
            int major = value.get(JAVA_INT, 0);
            check("cublasGetProperty", Library.call(property, MINOR, value));
            return "cuBLAS %d.%d (%s)".formatted(major, value.get(JAVA_INT, 0), library.path());
        }
    }

    @Override
    public boolean takes(int a, int b) {
        return a == b;
    }

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches) {
        flush.run();
        check(
                "cublasGemmStridedBatchedEx",
                Library.call(
                        gemm,
                        handle,
                        a.transposed() ? 1 : 0,
                        b.transposed() ? 1 : 0,
                        m,
                        n,
                        k,
                        one,
                        a.address(),
                        type(a.code()),
                        Math.toIntExact(a.leading()),
                        a.stride(),
                        b.address(),
                        type(b.code()),
                        Math.toIntExact(b.leading()),
                        b.stride(),
                        zero,
                        c.address(),
                        type(c.code()),
                        Math.toIntExact(c.leading()),
                        c.stride(),
                        batches,
                        compute(a.code(), products),
                        GEMM_DEFAULT));
    }

    @Override
    public boolean multiplyAndAdd(int m, int n, int k, Matrix a, Matrix b, Matrix c, long bias) {
        return biased.isPresent() && biased.get().multiply(m, n, k, a, b, c, bias);
    }

    @Override
    public boolean gives(int code) {
        return code < TYPES.length;
    }

    /** Throws what a function returned if it is not 0. */
    static void check(String function, int code) {
        if (code != 0) {
            throw new DeviceException("cuda: %s returned %d".formatted(function, code));
        }
    }

    @Override
    public void close() {
        biased.ifPresent(CublasLt::close);
        check("cublasDestroy", Library.call(library.function("cublasDestroy_v2", ADDRESS), handle));
        arena.close();
    }
}
