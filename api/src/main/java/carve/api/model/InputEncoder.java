package carve.api.model;

import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;

/** Makes the input of a model's first layer: embeds tokens and splices in what stands for pictures. */
public interface InputEncoder {
    /**
     * What it makes.
     *
     * @param x (B, T, D)
     * @param sequences how the rows of x are divided; T may differ from that of the tokens
     */
    record Encoded(Tensor x, Sequences sequences) {}

    /** Returns the parameters that it reads. */
    List<ParamSpec> parameters();

    /**
     * Returns the embedded inputs.
     *
     * @throws IllegalArgumentException if media do not fit the tokens; the message has both counts
     */
    Encoded encode(Params p, Inputs inputs);
}
