package carve.api.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BatchTest {
    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private static Sample sample(int pictures, int... tokens) {
        boolean[] answer = new boolean[tokens.length];
        answer[tokens.length - 1] = true;
        Map<String, HostTensor> media =
                pictures == 0 ? Map.of() : Map.of("pixels", new HostTensor(Shape.of(pictures, 1), new float[pictures]));
        return new Sample(tokens, answer, media);
    }

    @Test
    void rowsArePaddedToTheLongest() {
        Batch batch = Batch.of(List.of(sample(1, 5, 6, 7), sample(2, 8)), 9);
        ModelInputs modelInputs = batch.inputs(device);
        assertArrayEquals(new int[] {5, 6, 7, 8, 9, 9}, modelInputs.tokens());
        assertEquals(SequenceLayout.padded(3, 3, 1), modelInputs.sequenceLayout());
        assertEquals(Shape.of(3, 1), modelInputs.media().get("pixels").shape(), "pictures of all rows");
        assertArrayEquals(
                new float[] {1, 1, 1, 1, 0, 0}, batch.paddingMask(device).floats());
        assertEquals(4, batch.tokens());
    }

    @Test
    void targetsAreTheNextTokensThatAreAnswers() {
        Batch batch = Batch.of(List.of(sample(0, 5, 6, 7), sample(0, 8, 4)), 0);
        int ignored = Batch.IGNORE_INDEX;
        assertArrayEquals(
                new int[] {ignored, 7, ignored, 4, ignored, ignored},
                batch.targets(device).ints());
    }

    @Test
    void evenRowsAreWhole() {
        assertEquals(
                SequenceLayout.unpadded(2, 1),
                Batch.of(List.of(sample(0, 5), sample(0, 8)), 0).inputs(device).sequenceLayout());
    }
}
