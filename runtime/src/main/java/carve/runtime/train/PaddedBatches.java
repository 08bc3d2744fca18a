package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.stage.PaddingMask;
import java.util.List;

/** Model inputs for batches with padding, masked as the {@link PaddingMask} of a stage says. */
public final class PaddedBatches {
    private PaddedBatches() {}

    /** Returns the batches in which the rows of a batch go through the models. */
    static List<Batch> microBatches(PaddingMask mask, Batch batch) {
        boolean even = batch.isPacked()
                || batch.samples().stream().allMatch(sample -> sample.tokens().length == batch.positions());
        return mask != PaddingMask.NONE || even
                ? List.of(batch)
                : batch.samples().stream()
                        .map(row -> new Batch(List.of(row), batch.positions(), batch.paddingToken()))
                        .toList();
    }

    /** Returns the inputs of a batch; without a mask the batch has one row, or no padding. */
    public static ModelInputs inputs(PaddingMask mask, Batch batch, Device device) {
        ModelInputs inputs = batch.inputs(device);
        if (!inputs.sequenceLayout().isPadded()) {
            return inputs;
        }
        return switch (mask) {
            case FULL -> inputs;
            case KEYS ->
                new ModelInputs(inputs.tokens(), inputs.sequenceLayout().withZeroPadding(), inputs.media());
            case NONE -> {
                SequenceLayout layout = SequenceLayout.unpadded(1, batch.positions())
                        .withPositionIds(positionIds(batch.samples().getFirst(), batch.positions()));
                yield new ModelInputs(inputs.tokens(), layout, inputs.media());
            }
        };
    }

    private static int[] positionIds(Sample row, int positions) {
        int[] ids = new int[positions];
        for (int t = 0; t < row.tokens().length; t++) {
            ids[t] = t;
        }
        return ids;
    }
}
