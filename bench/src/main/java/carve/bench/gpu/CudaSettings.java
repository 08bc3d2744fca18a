package carve.bench.gpu;

import carve.api.config.SettingsNode;
import java.util.Map;

/**
 * The settings of the CUDA device for a measurement.
 *
 * @param matmulPrecision the precision of matrix products: f32, bf16 or mixed
 * @param cudaGraphs whether steps are replayed as graphs
 */
record CudaSettings(String matmulPrecision, boolean cudaGraphs) {
    private static final String ORIGIN = "report";

    /** Returns settings without graphs. */
    static CudaSettings of(String matmulPrecision) {
        return new CudaSettings(matmulPrecision, false);
    }

    /** Returns the settings at {@code carve.devices.cuda}, with the folders in which libraries are searched first. */
    SettingsNode.Section section(String libraryPath) {
        return new SettingsNode.Section(
                Map.of(
                        "matmul-precision", new SettingsNode.Scalar(matmulPrecision, ORIGIN),
                        "cuda-graphs", new SettingsNode.Scalar(cudaGraphs, ORIGIN),
                        "library-path", new SettingsNode.Scalar(libraryPath, ORIGIN)),
                ORIGIN);
    }
}
