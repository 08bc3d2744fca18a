package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.cuda.gpu.MatmulPrecision;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CudaConfigTest {
    @Test
    void nothingSetIsStandard() {
        assertEquals(
                new CudaConfig(0, MatmulPrecision.F32, true, false, "", ""), CudaConfig.from(MapSettings.of(Map.of())));
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                new CudaConfig(1, MatmulPrecision.BF16, false, true, "/a", "/b"),
                CudaConfig.from(MapSettings.of(Map.of(
                        "index",
                        1,
                        "matmul-precision",
                        "bf16",
                        "cublas",
                        false,
                        "cuda-graphs",
                        true,
                        "library-path",
                        "/a",
                        "kernel-cache",
                        "/b"))));
    }

    @Test
    void wrongValuesAreRefused() {
        assertThrows(SettingsException.class, () -> CudaConfig.from(MapSettings.of(Map.of("index", -1))));
        assertThrows(SettingsException.class, () -> CudaConfig.from(MapSettings.of(Map.of("matmul-precision", "f8"))));
    }
}
