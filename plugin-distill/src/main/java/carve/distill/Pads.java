package carve.distill;

import carve.api.device.Device;
import carve.api.model.Inputs;
import carve.api.model.Sample;
import carve.api.op.Sequences;
import carve.api.stage.Batch;
import java.util.List;

/** What models are told of the padding of a batch. */
enum Pads {
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
    List<Batch> parts(Batch batch) {
        boolean even = batch.samples().stream().allMatch(sample -> sample.tokens().length == batch.positions());
        return this != VISIBLE || even
                ? List.of(batch)
                : batch.samples().stream()
                        .map(row -> new Batch(List.of(row), batch.positions(), batch.padding()))
                        .toList();
    }

    /** Returns what models are given for one of the parts. */
    Inputs inputs(Batch part, Device device) {
        Inputs inputs = part.inputs(device);
        if (this == MASKED || !inputs.sequences().isPadded()) {
            return inputs;
        }
        if (this == BLANK) {
            return new Inputs(inputs.tokens(), inputs.sequences().blank(), inputs.media());
        }
        Sample row = part.samples().getFirst();
        int[] positions = new int[part.positions()];
        for (int t = 0; t < row.tokens().length; t++) {
            positions[t] = t;
        }
        return new Inputs(inputs.tokens(), Sequences.whole(1, part.positions()).at(positions), inputs.media());
    }
}
