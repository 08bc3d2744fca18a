package carve.cpu.blas;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.common.config.ND4JClassLoading;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The matrix products of ND4J, on the memory of the device without a copy.
 *
 * <p>This class alone names ND4J's; it is loaded when the first large product asks for it, because starting the library
 * takes half a second and, once, unpacks hundreds of megabytes.
 */
final class Nd4jBlas implements Blas {
    private final String version;

    /**
     * Starts the library.
     *
     * @throws LinkageError if it is not there, or has no natives for this machine
     */
    Nd4jBlas() {
        ND4JClassLoading.setNd4jClassloaderFromClass(Nd4j.class); // in a layer, the thread's loader does not see it
        this.version = "ND4J, " + Nd4j.getBackend().getClass().getSimpleName() + ", "
                + Nd4j.factory().blas().getBlasVendor();
    }

    /** Memory of the device as ND4J sees it; it is not freed with the object. */
    private static final class BorrowedPointer extends FloatPointer {
        BorrowedPointer(long address, long size) {
            super((Pointer) null);
            this.address = address;
            this.limit = size;
            this.capacity = size;
        }
    }

    @Override
    public String description() {
        return version;
    }

    @Override
    public void multiply(int m, int n, int k, long a, boolean transposeA, long b, boolean transposeB, long c) {
        // what is row-major here is the transpose in ND4J's order: C^T = op(B)^T op(A)^T
        INDArray left = transposeB ? matrix(b, k, n) : matrix(b, n, k);
        INDArray right = transposeA ? matrix(a, m, k) : matrix(a, k, m);
        Nd4j.getBlasWrapper().level3().gemm(left, right, matrix(c, n, m), transposeB, transposeA, 1, 0);
    }

    private static INDArray matrix(long address, int rows, int columns) {
        long size = (long) rows * columns;
        var buffer = Nd4j.createBuffer(new BorrowedPointer(address, size), size, DataType.FLOAT);
        return Nd4j.create(buffer, new long[] {rows, columns}, new long[] {1, rows}, 0, 'f');
    }
}
