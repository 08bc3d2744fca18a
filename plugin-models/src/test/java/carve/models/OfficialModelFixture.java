package carve.models;

import carve.api.op.SequenceLayout;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Fixture;
import carve.testkit.TensorAssertions;
import carve.testkit.TensorValues;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The inputs and outputs of an official model, by the name of a case.
 *
 * @param io the fixture
 */
public record OfficialModelFixture(Fixture io) {
    /** Returns the names of the cases with one row. */
    public List<String> cases() {
        return io.names().stream()
                .filter(name -> name.matches("in\\.(L\\d+s\\d+|img)\\.input_ids"))
                .map(name -> name.split("\\.")[1])
                .toList();
    }

    /**
     * Asserts that logits and hidden states agree, those of the last positions if the fixture has no others.
     *
     * @param logits (B, T, V)
     * @param hidden hidden states (B, T, D) by their names in the fixture
     */
    public void assertLogitsAndHiddenStates(String name, Tensor logits, Map<String, Tensor> hidden) {
        String prefix = "out." + name + ".h.";
        assertLast("logits", "out." + name + ".logits", logits);
        io.names().stream()
                .filter(tensor -> tensor.startsWith(prefix))
                .forEach(tensor -> assertLast(
                        tensor.endsWith("final_norm") ? "norm" : "logits",
                        tensor,
                        hidden.get(tensor.substring(prefix.length()))));
    }

    private void assertLast(String kind, String name, Tensor actual) {
        int positions = io.reference(name).length / actual.extent(2);
        assertWithin(kind, name, actual.slice(1, actual.extent(1) - positions, actual.extent(1)));
    }

    /** Asserts that the logits (1, V) of greedy steps agree; the fixture may have those of every few steps only. */
    public void assertStepLogits(String name, List<Tensor> logits) {
        String tensor = "out." + name + ".greedy_step_logits";
        int kept = io.reference(tensor).length / io.shape(tensor).extent(1);
        int every = logits.size() / kept;
        assertWithin(
                "logits",
                tensor,
                Tensors.concat(
                        0,
                        IntStream.range(0, kept)
                                .mapToObj(i -> logits.get(i * every))
                                .toList()));
    }

    private void assertWithin(String kind, String name, Tensor actual) {
        TensorAssertions.assertMaxErrorWithin(
                io + " " + name,
                actual.shape(),
                io.reference(name),
                TensorValues.of(actual),
                10 * io.referenceError(kind));
    }

    /** Returns the layout of the padded case. */
    public SequenceLayout paddedLayout() {
        Shape shape = io.shape("in.pad.input_ids");
        int[] mask = io.ints("in.pad.attention_mask");
        int[] lengths = new int[shape.extent(0)];
        for (int i = 0; i < mask.length; i++) {
            lengths[i / shape.extent(1)] += mask[i];
        }
        return SequenceLayout.padded(shape.extent(1), lengths);
    }

    /** Asserts that the logits of the padded case agree at all positions but the padding. */
    public void assertPaddedLogits(SequenceLayout layout, Tensor logits) {
        double[] truth = io.reference("out.pad.logits");
        double[] values = TensorValues.of(logits);
        int vocabulary = logits.extent(2);
        for (int i = 0; i < values.length; i++) {
            int at = i / vocabulary;
            boolean padding = at % layout.positions() >= layout.lengths().get(at / layout.positions());
            values[i] = padding ? truth[i] : values[i];
        }
        io.assertAgrees("logits", "out.pad.logits", logits.shape(), values);
    }
}
