package carve.cpu.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CpuConfigTest {
    @Test
    void nothingSetIsStandard() {
        assertEquals(CpuConfig.standard(), CpuConfig.from(MapSettings.of(Map.of())));
        assertEquals(
                new CpuConfig(
                        Runtime.getRuntime().availableProcessors(),
                        CpuConfig.BlasMode.AUTO,
                        CpuConfig.Bf16Mode.AUTO,
                        CpuConfig.MachineCodeMode.AUTO,
                        false,
                        64,
                        true),
                CpuConfig.standard());
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                new CpuConfig(
                        3,
                        CpuConfig.BlasMode.BUILTIN,
                        CpuConfig.Bf16Mode.ONEDNN,
                        CpuConfig.MachineCodeMode.OFF,
                        true,
                        512,
                        false),
                CpuConfig.from(MapSettings.of(Map.of(
                        "threads",
                        3,
                        "blas",
                        "builtin",
                        "bf16-gemm",
                        "onednn",
                        "machine-code",
                        "off",
                        "poison-memory",
                        true,
                        "batch-invariant-rows",
                        512,
                        "map-weights",
                        false))));
    }

    @Test
    void wrongValuesAreRefused() {
        assertThrows(SettingsException.class, () -> CpuConfig.from(MapSettings.of(Map.of("threads", -1))));
        assertThrows(SettingsException.class, () -> CpuConfig.from(MapSettings.of(Map.of("blas", "mkl"))));
        assertThrows(SettingsException.class, () -> CpuConfig.from(MapSettings.of(Map.of("bf16-gemm", "nd4j"))));
        assertThrows(SettingsException.class, () -> CpuConfig.from(MapSettings.of(Map.of("machine-code", "avx"))));
        assertThrows(SettingsException.class, () -> CpuConfig.from(MapSettings.of(Map.of("batch-invariant-rows", 0))));
    }
}
