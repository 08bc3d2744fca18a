package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import java.util.List;

/** What models are told of the padding of a batch. */
public enum PaddingMask {
    /** Where it is, so that attention leaves it out. */
    MASKED,
    /**
     * Nothing: padding sees all before it, at position 0. So mmMamba is trained, whose mixers take no mask and whose loader
     * fills position ids with zeros; it changes losses that count padding, and nothing else. Rows of different lengths go
     * one by one.
     */
    VISIBLE,
    /**
     * It is zeros that look at what comes before the padding; mixers without attention see the zeros too. So MaTVLM is
     * trained, whose attention has a mask of keys, and whose Mamba has none. It changes losses that count padding, and nothing
     * else.
     */
    BLANK;

    /** Returns the batches in which the rows of a batch go through the models. */
    List<Batch> microBatches(Batch batch) {
        boolean even = batch.samples().stream().allMatch(sample -> sample.tokens().length == batch.positions());
        return this != VISIBLE || even
                ? List.of(batch)
                : batch.samples().stream()
                        .map(row -> new Batch(List.of(row), batch.positions(), batch.paddingToken()))
                        .toList();
    }

    /** Returns what models are given for one of the parts. */
    public ModelInputs inputs(Batch part, Device device) {
        ModelInputs modelInputs = part.inputs(device);
        if (this == MASKED || !modelInputs.sequenceLayout().isPadded()) {
            return modelInputs;
        }
        if (this == BLANK) {
            return new ModelInputs(
                    modelInputs.tokens(), modelInputs.sequenceLayout().withZeroPadding(), modelInputs.media());
        }
        Sample row = part.samples().getFirst();
        int[] positions = new int[part.positions()];
        for (int t = 0; t < row.tokens().length; t++) {
            positions[t] = t;
        }
        return new ModelInputs(
                modelInputs.tokens(),
                SequenceLayout.unpadded(1, part.positions()).withPositionIds(positions),
                modelInputs.media());
    }
}
