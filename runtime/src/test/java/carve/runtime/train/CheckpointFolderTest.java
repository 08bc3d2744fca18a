package carve.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.safetensors.SafeTensorsFile;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointFolderTest {
    @TempDir
    private Path folder;

    private Path write(long step) {
        CheckpointFolder checkpoints = new CheckpointFolder(folder);
        TrainerState state = new TrainerState(
                step, DataPosition.START, 0, 0, 1, List.of(), "digest", Map.of(), new RunEnvironment(Map.of()));
        try (Device device = new ReferenceDevice()) {
            Scope.run(device, () -> {
                Tensor b = Tensors.full(device, Shape.of(3, 5), 0.5);
                Tensor a = Tensors.full(device, Shape.of(7), 2.5);
                checkpoints.write(state, Map.of("param.b", b, "param.a", a, "moment.a", a), 3);
            });
        }
        return checkpoints.latest().orElseThrow();
    }

    // a flip that loses the checksum's own name is the one that changes nothing else
    @Test
    void eachFlippedBitIsNoticedOrChangesNothing() throws IOException {
        Path file = write(40);
        assertDoesNotThrow(() -> CheckpointFolder.verify(file));
        byte[] whole = Files.readAllBytes(file);
        Map<String, byte[]> before = content(file);
        int noticed = 0;
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= (byte) (1 << at % 8);
            Files.write(file, changed);
            try {
                CheckpointFolder.verify(file);
                Map<String, byte[]> after = content(file);
                assertEquals(before.keySet(), after.keySet(), "byte " + at);
                before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
            } catch (CheckpointException e) {
                assertTrue(e.getMessage().startsWith(file.toString()), e::getMessage);
                noticed++;
            }
        }
        assertTrue(noticed > whole.length - 20, noticed + " of " + whole.length);
    }

    private static Map<String, byte[]> content(Path file) {
        Map<String, byte[]> content = new TreeMap<>();
        content.put("state", Json.compact(CheckpointFolder.state(file).json()).getBytes(StandardCharsets.UTF_8));
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            tensors.names()
                    .forEach(name -> content.put(
                            name + tensors.type(name), tensors.data(name).toArray(ValueLayout.JAVA_BYTE)));
        }
        return content;
    }

    @Test
    void theCheckpointBeforeAnotherIsFound() {
        Path first = write(40);
        Path second = write(80);
        CheckpointFolder checkpoints = new CheckpointFolder(folder);
        assertEquals(Optional.of(first), checkpoints.before(second));
        assertEquals(Optional.empty(), checkpoints.before(first));
    }

    @Test
    void metricsThatAreNotTextDoNotBlock() throws IOException {
        Path file = folder.resolve(MetricsLog.FILE);
        Files.write(
                file,
                new byte[] {'{', '"', 's', 't', 'e', 'p', '"', ':', '1', '}', 10, (byte) 0xff, (byte) 0xfe, 0, 10});
        MetricsLog.open(folder, 5, false).close();
        assertEquals(List.of("{\"step\":1}"), Files.readAllLines(file));
    }
}
