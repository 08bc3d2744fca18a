package carve.api.device.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class StorageTypesTest {
    @Test
    void otherTypesAreRefusedWithThoseThatAreSupported() {
        var types = new StorageTypes("npu", Set.of(DType.I32, DType.F32, DType.BF16));
        assertTrue(types.contains(DType.BF16));
        assertFalse(types.contains(DType.F64));
        assertEquals(DType.I32, types.require(DType.I32));
        var refusal = assertThrows(DeviceException.class, () -> types.require(DType.F64));
        assertEquals("npu: dtype F64 is not supported; cast to F32, BF16 or I32", refusal.getMessage());
    }

    @Test
    void modelsAreLoadedInTheCommonTypes() {
        assertEquals(
                Set.of(
                        DType.F32,
                        DType.BF16,
                        DType.F16,
                        DType.I32,
                        DType.I8,
                        DType.Q8_0,
                        DType.Q4_0,
                        DType.Q4_1,
                        DType.Q5_0,
                        DType.Q5_1,
                        DType.Q4_K,
                        DType.Q5_K,
                        DType.Q6_K),
                StorageTypes.common("cpu").types());
    }
}
