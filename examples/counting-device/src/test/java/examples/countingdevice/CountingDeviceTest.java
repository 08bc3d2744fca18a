package examples.countingdevice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.DeviceContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CountingDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return new CountingDevice(new ReferenceDevice(), Optional.empty());
    }

    @Test
    void everyOperationIsCountedAndReported(@TempDir Path folder) throws IOException {
        Path report = folder.resolve("counts.txt");
        CountingDevice device = new CountingDevice(new ReferenceDevice(), Optional.of(report));
        Tensor x = Tensors.of(device, Shape.of(2, 2), 1f, 2f, 3f, 4f);
        x.matmul(x).matmul(x).floats();
        assertEquals(
                Map.of("upload", 1L, "mat-mul", 2L, "download", 1L),
                device.counts().asMap());
        device.close();
        assertEquals(
                List.of("mat-mul 2", "download 1", "upload 1"),
                Files.readAllLines(report).stream()
                        .map(line -> line.replaceAll(" +", " "))
                        .toList());
    }
}
