package carve.api.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

    @Test
    void packedSamplesAreOneRowOfSequences() {
        boolean[] all = {true, true, true, true};
        Sample packed =
                new Sample(new int[] {5, 6, 7, 8}, all, Map.of(), new float[] {1, 0.5f, 1, 0.25f}, new int[] {0, 2});
        Batch batch = Batch.of(List.of(packed, sample(0, 3, 4)), 9);
        int ignored = Batch.IGNORE_INDEX;
        assertEquals(6, batch.positions());
        assertEquals(SequenceLayout.packed(0, 2, 4, 6), batch.inputs(device).sequenceLayout());
        assertArrayEquals(new int[] {5, 6, 7, 8, 3, 4}, batch.inputs(device).tokens());
        assertArrayEquals(
                new int[] {6, ignored, 8, ignored, 4, ignored},
                batch.targets(device).ints());
        assertArrayEquals(
                new float[] {0.5f, 1, 0.25f, 1, 1, 1}, batch.paddingMask(device).floats());
        assertEquals(Shape.of(1, 6), batch.targets(device).shape());
    }

    @Test
    void sequencesBeginOneAfterTheOther() {
        for (int[] starts : new int[][] {{1}, {0, 0}, {0, 3}, {0, 2, 1}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Sample(new int[3], new boolean[3], Map.of(), new float[0], starts));
        }
    }
}
