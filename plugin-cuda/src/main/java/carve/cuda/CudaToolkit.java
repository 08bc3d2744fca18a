package carve.cuda;

import carve.cuda.blas.CublasBlas;
import carve.cuda.compile.CachingCompiler;
import carve.cuda.compile.MissingCompiler;
import carve.cuda.compile.NvccCompiler;
import carve.cuda.compile.NvrtcCompiler;
import carve.cuda.compile.PrebuiltCompiler;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.KernelCompiler;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The parts of the CUDA toolkit on this machine, besides the driver.
 *
 * @param baseCompiler NVRTC or nvcc; a {@link MissingCompiler} where there is neither
 * @param hasPrebuiltKernels whether this plugin's jar has prebuilt kernels
 * @param cublas cuBLAS
 * @param cublasLt cuBLASLt, which adds a bias to a product as it writes it; only beside cuBLAS
 */
record CudaToolkit(
        KernelCompiler baseCompiler,
        boolean hasPrebuiltKernels,
        Optional<NativeLibrary> cublas,
        Optional<NativeLibrary> cublasLt) {
    /** Returns the parts that are found in the folders of the settings, and in the usual ones. */
    static CudaToolkit find(CudaConfig config) {
        Optional<KernelCompiler> found =
                NvrtcCompiler.find(config.libraryPath()).map(KernelCompiler.class::cast);
        KernelCompiler kernelCompiler = found.or(() -> NvccCompiler.find().map(KernelCompiler.class::cast))
                .orElseGet(MissingCompiler::new);
        Optional<NativeLibrary> products =
                config.cublas() ? NativeLibrary.find("libcublas", config.libraryPath()) : Optional.empty();
        Optional<NativeLibrary> biases = products.flatMap(_ -> NativeLibrary.find("libcublasLt", config.libraryPath()));
        return new CudaToolkit(kernelCompiler, PrebuiltCompiler.isPackaged(), products, biases);
    }

    /** Returns whether there are kernels for a GPU, prebuilt or compiled. */
    boolean supports(GpuProperties gpuProperties) {
        return baseCompiler.isAvailable() || hasPrebuiltKernels && gpuProperties.isAmpereOrNewer();
    }

    /** Returns the compiler of a device: prebuilt kernels first, then those cached in a folder, then a new compilation. */
    KernelCompiler compiler(Path cache) {
        return new PrebuiltCompiler(new CachingCompiler(baseCompiler, cache));
    }

    /** Returns a description for people. */
    String description() {
        String adds = cublasLt.isPresent()
                ? " with cuBLASLt bias epilogue"
                : ", bias by a separate kernel (libcublasLt not found)";
        String blas = cublas.map(found -> CublasBlas.version(found) + adds)
                .orElse("matmul by built-in kernels (libcublas.so.12 or .13 not found)");
        return (hasPrebuiltKernels ? new PrebuiltCompiler(baseCompiler).version() : baseCompiler.version()) + ", "
                + blas;
    }
}
