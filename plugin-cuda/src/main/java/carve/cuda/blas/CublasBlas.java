package carve.cuda.blas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.MatmulPrecision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Products of matrices by cuBLAS, of whichever major version is there, on the device's stream. */
public final class CublasBlas implements GpuBlas {
    private static final int[] TYPES = {0, 14, 2}; // CUDA_R_32F, CUDA_R_16BF, CUDA_R_16F
    private static final int F32 = 0;
    private static final int MAJOR = 0; // libraryPropertyType
    private static final int MINOR = 1;
    private static final int COMPUTE_32F = 68;
    private static final int COMPUTE_32F_FAST_TF32 = 77;
    private static final int GEMM_DEFAULT = -1;

    private final NativeLibrary nativeLibrary;
    private final Runnable flush;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment handle;
    private final MemorySegment one;
    private final MemorySegment zero;
    private final MethodHandle gemm;
    private final MatmulPrecision matmulPrecision;
    private final Optional<CublasLt> cublasLt;

    /**
     * Opens the library.
     *
     * @param stream the driver's handle of the stream that products are computed on
     * @param flush hands the driver what was asked before
     * @param matmulPrecision how F32 is computed
     * @param biased what adds a bias to a product, if there is something; closed with this
     */
    public CublasBlas(
            NativeLibrary nativeLibrary,
            long stream,
            Runnable flush,
            MatmulPrecision matmulPrecision,
            Optional<CublasLt> biased) {
        this.matmulPrecision = matmulPrecision;
        this.cublasLt = biased;
        this.nativeLibrary = nativeLibrary;
        this.flush = flush;
        var created = arena.allocate(ADDRESS);
        check("cublasCreate", NativeLibrary.call(nativeLibrary.function("cublasCreate_v2", ADDRESS), created));
        this.handle = created.get(ADDRESS, 0);
        this.one = arena.allocateFrom(JAVA_FLOAT, 1);
        this.zero = arena.allocateFrom(JAVA_FLOAT, 0);
        check(
                "cublasSetStream",
                NativeLibrary.call(
                        nativeLibrary.function("cublasSetStream_v2", ADDRESS, ADDRESS),
                        handle,
                        MemorySegment.ofAddress(stream)));
        this.gemm = nativeLibrary.function(
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
    static int compute(int code, MatmulPrecision matmulPrecision) {
        return code == F32 && matmulPrecision == MatmulPrecision.TF32 ? COMPUTE_32F_FAST_TF32 : COMPUTE_32F;
    }

    /** Returns the library's version, and where it was found; nothing is started for it. */
    public static String version(NativeLibrary nativeLibrary) {
        try (var arena = Arena.ofConfined()) {
            var value = arena.allocate(JAVA_INT);
            var property = nativeLibrary.function("cublasGetProperty", JAVA_INT, ADDRESS);
            check("cublasGetProperty", NativeLibrary.call(property, MAJOR, value));
            int major = value.get(JAVA_INT, 0);
            check("cublasGetProperty", NativeLibrary.call(property, MINOR, value));
            return "cuBLAS %d.%d (%s)".formatted(major, value.get(JAVA_INT, 0), nativeLibrary.path());
        }
    }

    @Override
    public boolean supportsInputs(int a, int b) {
        return a == b;
    }

    @Override
    public void gemm(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches) {
        flush.run();
        check(
                "cublasGemmStridedBatchedEx",
                NativeLibrary.call(
                        gemm,
                        handle,
                        a.transposed() ? 1 : 0,
                        b.transposed() ? 1 : 0,
                        m,
                        n,
                        k,
                        one,
                        a.address(),
                        type(a.typeCode()),
                        Math.toIntExact(a.leadingDimension()),
                        a.batchStride(),
                        b.address(),
                        type(b.typeCode()),
                        Math.toIntExact(b.leadingDimension()),
                        b.batchStride(),
                        zero,
                        c.address(),
                        type(c.typeCode()),
                        Math.toIntExact(c.leadingDimension()),
                        c.batchStride(),
                        batches,
                        compute(a.typeCode(), matmulPrecision),
                        GEMM_DEFAULT));
    }

    @Override
    public boolean gemmWithBias(int m, int n, int k, Matrix a, Matrix b, Matrix c, long bias) {
        return cublasLt.isPresent() && cublasLt.get().gemmWithBias(m, n, k, a, b, c, bias);
    }

    @Override
    public boolean supportsOutput(int code) {
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
        cublasLt.ifPresent(CublasLt::close);
        check("cublasDestroy", NativeLibrary.call(nativeLibrary.function("cublasDestroy_v2", ADDRESS), handle));
        arena.close();
    }
}
