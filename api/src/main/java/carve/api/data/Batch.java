package carve.api.data;

import carve.api.device.Device;
import carve.api.model.ModelInputs;
import carve.api.op.SequenceLayout;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A batch of samples, padded at the right to the length of the longest; or, where one of them is packed, joined to one long row of
 * packed sequences without padding.
 *
 * @param samples the rows
 * @param positions T, the length of the longest; of all together where one is packed
 * @param paddingToken the token id that fills rows
 */
public record Batch(List<Sample> samples, int positions, int paddingToken) {
    /** The target of positions whose next token is not an answer. */
    public static final int IGNORE_INDEX = -100;

    /** Copies the list. */
    public Batch {
        samples = List.copyOf(samples);
    }

    /** Returns the batch of samples. */
    public static Batch of(List<Sample> samples, int padding) {
        IntStream lengths = samples.stream().mapToInt(sample -> sample.tokens().length);
        boolean packed = samples.stream().anyMatch(Sample::isPacked);
        return new Batch(samples, packed ? lengths.sum() : lengths.max().orElseThrow(), padding);
    }

    /** Returns whether the samples are one row of packed sequences. */
    public boolean isPacked() {
        return samples.stream().anyMatch(Sample::isPacked);
    }

    /** Returns what the model is given; media of the rows are joined along their first axis. */
    public ModelInputs inputs(Device device) {
        int[] tokens = fill(paddingToken);
        for (int b = 0; b < samples.size(); b++) {
            int[] row = samples.get(b).tokens();
            System.arraycopy(row, 0, tokens, start(b), row.length);
        }
        return new ModelInputs(tokens, layout(), media(device));
    }

    private SequenceLayout layout() {
        if (isPacked()) {
            return SequenceLayout.packed(offsets());
        }
        int[] lengths =
                samples.stream().mapToInt(sample -> sample.tokens().length).toArray();
        boolean even = Arrays.stream(lengths).allMatch(length -> length == positions);
        return even ? SequenceLayout.unpadded(lengths.length, positions) : SequenceLayout.padded(positions, lengths);
    }

    private int[] offsets() {
        IntStream.Builder offsets = IntStream.builder();
        for (int b = 0; b < samples.size(); b++) {
            int row = start(b);
            int[] starts = samples.get(b).starts();
            (starts.length == 0 ? IntStream.of(0) : Arrays.stream(starts)).forEach(start -> offsets.add(row + start));
        }
        return offsets.add(positions).build().toArray();
    }

    // where a sample begins among the positions of all rows
    private int start(int b) {
        return isPacked()
                ? samples.subList(0, b).stream()
                        .mapToInt(sample -> sample.tokens().length)
                        .sum()
                : b * positions;
    }

    private Shape shape() {
        return Shape.of(isPacked() ? 1 : samples.size(), positions);
    }

    private Map<String, Tensor> media(Device device) {
        Map<String, List<Tensor>> parts = new TreeMap<>();
        for (Sample sample : samples) {
            for (Map.Entry<String, HostTensor> entry : sample.media().entrySet()) {
                parts.computeIfAbsent(entry.getKey(), _ -> new ArrayList<>())
                        .add(entry.getValue().copyTo(device));
            }
        }
        Map<String, Tensor> media = new TreeMap<>();
        parts.forEach((name, tensors) -> media.put(name, Tensors.concat(0, tensors)));
        return media;
    }

    /** Returns {@code (B, T)} I32 targets: the token that follows each position in its sequence where it is an answer. */
    public Tensor targets(Device device) {
        int[] targets = fill(IGNORE_INDEX);
        forEachAnswer((sample, t, position) -> targets[position] = sample.tokens()[t]);
        return Tensors.of(device, shape(), targets);
    }

    /**
     * Returns {@code (B, T)} F32: 1 for positions of samples, or the weight of the token that follows where it is an answer; 0 for
     * padding.
     */
    public Tensor paddingMask(Device device) {
        float[] mask = new float[(int) shape().size()];
        for (int b = 0; b < samples.size(); b++) {
            int start = start(b);
            Arrays.fill(mask, start, start + samples.get(b).tokens().length, 1f);
        }
        forEachAnswer((sample, t, position) -> mask[position] = sample.weight(t));
        return Tensors.of(device, shape(), mask);
    }

    @FunctionalInterface
    private interface AnswerVisitor {
        // token t of a sample is the target of a position among those of all rows
        void visit(Sample sample, int t, int position);
    }

    private void forEachAnswer(AnswerVisitor visitor) {
        for (int b = 0; b < samples.size(); b++) {
            Sample sample = samples.get(b);
            int start = start(b);
            boolean[] answers = sample.lossMask().clone();
            Arrays.stream(sample.starts()).forEach(first -> answers[first] = false);
            for (int t = 1; t < answers.length; t++) {
                if (answers[t]) {
                    visitor.visit(sample, t, start + t - 1);
                }
            }
        }
    }

    /** Returns the number of positions that are not padding. */
    public long tokens() {
        return samples.stream().mapToLong(sample -> sample.tokens().length).sum();
    }

    private int[] fill(int value) {
        int[] filled = new int[(int) shape().size()];
        Arrays.fill(filled, value);
        return filled;
    }
}
