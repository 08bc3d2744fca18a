package carve.cuda;

import carve.api.config.Settings;
import carve.cuda.gpu.MatmulPrecision;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the CUDA device.
 *
 * @param index which of the cards, from 0
 * @param matmulPrecision how products of F32 are computed
 * @param cublas whether products of matrices are cuBLAS's where it is there
 * @param cudaGraphs whether series of launches that come again are replayed as CUDA graphs
 * @param libraryPath folders where cuBLAS and NVRTC are looked for first, separated as those of a class path
 * @param kernelCache where compiled kernels are kept; empty for the user's cache folder
 */
public record CudaConfig(
        int index,
        MatmulPrecision matmulPrecision,
        boolean cublas,
        boolean cudaGraphs,
        String libraryPath,
        String kernelCache) {
    /** Returns what {@code reference.conf} says. */
    public static CudaConfig defaults() {
        return new CudaConfig(0, MatmulPrecision.F32, true, false, "", "");
    }

    /** Returns what looking for the device goes by: a probe is given no settings but those of the command line. */
    static CudaConfig forProbe() {
        String libraries = System.getProperty("carve.devices.cuda.libraries", "");
        return new CudaConfig(0, MatmulPrecision.F32, true, false, libraries, "");
    }

    /** Returns the configuration that settings give; keys that are not there keep their standard. */
    static CudaConfig from(Settings settings) {
        CudaConfig standard = defaults();
        int index = settings.has("index") ? settings.integer("index") : standard.index();
        if (index < 0) {
            throw settings.error("index", "must be the number of a card from 0, is " + index);
        }
        return new CudaConfig(
                index,
                settings.has("products") ? products(settings) : standard.matmulPrecision(),
                settings.has("library") ? settings.flag("library") : standard.cublas(),
                settings.has("graphs") ? settings.flag("graphs") : standard.cudaGraphs(),
                settings.has("libraries") ? settings.string("libraries") : standard.libraryPath(),
                settings.has("cache") ? settings.string("cache") : standard.kernelCache());
    }

    private static MatmulPrecision products(Settings settings) {
        String name = settings.string("products");
        if (!List.of("f32", "tf32", "bf16", "mixed").contains(name)) {
            throw settings.error("products", "must be one of f32, tf32, bf16, mixed, is " + name);
        }
        return MatmulPrecision.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
