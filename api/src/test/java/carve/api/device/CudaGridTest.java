package carve.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Tests of the launch grids of CUDA kernels. */
final class CudaGridTest {
    @Test
    void everyElementHasAThreadUntilThereAreManyBlocks() {
        assertEquals(new CudaGrid(1, 1, 1), CudaGrid.over(1));
        assertEquals(new CudaGrid(1, 1, 1), CudaGrid.over(256));
        assertEquals(new CudaGrid(2, 1, 1), CudaGrid.over(257));
        assertEquals(new CudaGrid(16_384, 1, 1), CudaGrid.over(1L << 40));
    }

    @Test
    void aGridHasBlocks() {
        assertEquals(
                "a grid has at least 1 block along each axis, and at most 65535 along y and z; found 1, 0, 1",
                assertThrows(IllegalArgumentException.class, () -> new CudaGrid(1, 0, 1))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new CudaGrid(1, 1, 65_536));
    }

    @Test
    void aSourceThatIsMissingIsTold() {
        Module module = CudaGridTest.class.getModule();
        assertEquals(
                module + " has no file none.cu; it belongs into src/main/resources",
                assertThrows(DeviceException.class, () -> CudaSource.of(module, "none.cu"))
                        .getMessage());
    }
}
