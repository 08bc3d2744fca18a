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
 * What this machine has for a card besides its driver.
 *
 * @param baseCompiler NVRTC or nvcc; a {@link MissingCompiler} where there is neither
 * @param hasPrebuiltKernels whether kernels were packed with this plugin
 * @param cublas cuBLAS
 * @param cublasLt cuBLASLt, which adds a bias to a product as it writes it; only beside cuBLAS
 */
record CudaToolkit(
        KernelCompiler baseCompiler,
        boolean hasPrebuiltKernels,
        Optional<NativeLibrary> cublas,
        Optional<NativeLibrary> cublasLt) {
    /** Looks for them where the settings say, and where they usually are. */
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

    /** Returns whether kernels can be had for a card: what was packed is for current ones. */
    boolean supports(GpuProperties gpuProperties) {
        return baseCompiler.isAvailable() || hasPrebuiltKernels && gpuProperties.isAmpereOrNewer();
    }

    /** Returns the compiler of a device: what was packed, what is in a folder, what is compiled now. */
    KernelCompiler compiler(Path cache) {
        return new PrebuiltCompiler(new CachingCompiler(baseCompiler, cache));
    }

    /** Returns what there is, as people read it. */
    String description() {
        String adds =
                cublasLt.isPresent() ? " with biases by cuBLASLt" : ", biases by a kernel (no libcublasLt beside it)";
        String blas = cublas.map(found -> CublasBlas.version(found) + adds)
                .orElse("products of matrices by its own kernel (no libcublas.so.12 or .13)");
        return (hasPrebuiltKernels ? new PrebuiltCompiler(baseCompiler).version() : baseCompiler.version()) + ", "
                + blas;
    }
}
