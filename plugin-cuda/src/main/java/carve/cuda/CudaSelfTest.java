package carve.cuda;

import carve.api.device.DeviceException;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * One small calculation when a device is opened, whose result is known: a card whose driver, kernels or library do not fit
 * each other is refused with the reason, rather than found out by wrong words.
 */
public final class CudaSelfTest {
    private static final int EXTENT = 65;

    private CudaSelfTest() {}

    /**
     * Does nothing if the device computes as it should.
     *
     * @throws DeviceException if it does not, or cannot
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
                    "cuda: a product that is %s came out as %s on %s: its driver, its kernels or cuBLAS do not fit each other; -Dcarve.devices.cuda.library=false does without cuBLAS, --device cpu without the card"
                            .formatted(expected, found, device.properties().name()));
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
