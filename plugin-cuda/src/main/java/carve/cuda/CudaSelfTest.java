package carve.cuda;

import carve.api.device.DeviceException;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * A product with a known result, computed when a device is opened: a GPU whose driver, kernels and library are incompatible is
 * refused with the reason.
 */
public final class CudaSelfTest {
    private static final int EXTENT = 65;

    private CudaSelfTest() {}

    /**
     * Runs the test.
     *
     * @throws DeviceException if the result is wrong, or the device fails
     */
    public static void run(CudaDevice device) {
        float[] row = new float[EXTENT];
        for (int i = 0; i < EXTENT; i++) {
            row[i] = i % 7 - 3; // small whole numbers: every order of sums gives the same bits
        }
        float expected = 0;
        for (float value : row) {
            expected += value * value;
        }
        float found = product(device, row);
        if (found != expected) {
            throw new DeviceException(
                    "cuda: self-test failed on %s: matmul returned %s, expected %s; driver, kernels and cuBLAS may be incompatible; try -Dcarve.devices.cuda.cublas=false or --device cpu"
                            .formatted(device.properties().name(), found, expected));
        }
    }

    // the sum of x x^T, of which all rows but the first are 0
    private static float product(CudaDevice device, float[] row) {
        return Scope.run(device, () -> {
                    Tensor x = Tensors.of(device, Shape.of(1, EXTENT), row).pad(0, 0, EXTENT - 1);
                    return List.of(x.matmul(x.permute(1, 0)).sum());
                })
                .getFirst()
                .floats()[0];
    }
}
