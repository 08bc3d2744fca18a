package carve.cuda;

import carve.api.config.Settings;
import carve.cuda.gpu.MatmulPrecision;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the CUDA device.
 *
 * @param index the GPU's index, from 0
 * @param matmulPrecision the precision of products of F32 matrices
 * @param cublas whether cuBLAS computes products of matrices if it is installed
 * @param cudaGraphs whether repeated launch sequences are captured as CUDA graphs
 * @param libraryPath folders that are searched first for cuBLAS and NVRTC, separated as those of a class path
 * @param kernelCache the folder of compiled kernels; empty for the user's cache folder
 */
public record CudaConfig(
        int index,
        MatmulPrecision matmulPrecision,
        boolean cublas,
        boolean cudaGraphs,
        String libraryPath,
        String kernelCache) {
    /** Returns the defaults of {@code reference.conf}. */
    public static CudaConfig defaults() {
        return new CudaConfig(0, MatmulPrecision.F32, true, false, "", "");
    }

    /** Returns the configuration of a probe, which is given no settings but those of the command line. */
    static CudaConfig forProbe() {
        String libraries = System.getProperty("carve.devices.cuda.library-path", "");
        return new CudaConfig(0, MatmulPrecision.F32, true, false, libraries, "");
    }

    /** Returns the configuration that settings give; keys that are not there keep their standard. */
    static CudaConfig from(Settings settings) {
        CudaConfig standard = defaults();
        int index = settings.has("index") ? settings.integer("index") : standard.index();
        if (index < 0) {
            throw settings.error("index", "must be a GPU index from 0, is " + index);
        }
        return new CudaConfig(
                index,
                settings.has("matmul-precision") ? matmulPrecision(settings) : standard.matmulPrecision(),
                settings.has("cublas") ? settings.flag("cublas") : standard.cublas(),
                settings.has("cuda-graphs") ? settings.flag("cuda-graphs") : standard.cudaGraphs(),
                settings.has("library-path") ? settings.string("library-path") : standard.libraryPath(),
                settings.has("kernel-cache") ? settings.string("kernel-cache") : standard.kernelCache());
    }

    private static MatmulPrecision matmulPrecision(Settings settings) {
        String name = settings.string("matmul-precision");
        if (!List.of("f32", "tf32", "bf16", "mixed").contains(name)) {
            throw settings.error("matmul-precision", "must be one of f32, tf32, bf16, mixed, is " + name);
        }
        return MatmulPrecision.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
