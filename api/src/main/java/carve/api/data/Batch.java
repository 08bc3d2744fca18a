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

/**
 * A batch of samples, padded at the right to the length of the longest.
 *
 * @param samples the rows
 * @param positions T, the length of the longest
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
        int longest = samples.stream()
                .mapToInt(sample -> sample.tokens().length)
                .max()
                .orElseThrow();
        return new Batch(samples, longest, padding);
    }

    /** Returns what the model is given; media of the rows are joined along their first axis. */
    public ModelInputs inputs(Device device) {
        int[] tokens = fill(paddingToken);
        int[] lengths = new int[samples.size()];
        for (int b = 0; b < lengths.length; b++) {
            int[] row = samples.get(b).tokens();
            System.arraycopy(row, 0, tokens, b * positions, row.length);
            lengths[b] = row.length;
        }
        boolean even = Arrays.stream(lengths).allMatch(length -> length == positions);
        SequenceLayout sequenceLayout =
                even ? SequenceLayout.unpadded(lengths.length, positions) : SequenceLayout.padded(positions, lengths);
        return new ModelInputs(tokens, sequenceLayout, media(device));
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

    /** Returns {@code (B, T)} I32 targets: the token that follows each position where it is an answer. */
    public Tensor targets(Device device) {
        int[] targets = fill(IGNORE_INDEX);
        for (int b = 0; b < samples.size(); b++) {
            Sample sample = samples.get(b);
            for (int t = 1; t < sample.tokens().length; t++) {
                if (sample.lossMask()[t]) {
                    targets[b * positions + t - 1] = sample.tokens()[t];
                }
            }
        }
        return Tensors.of(device, Shape.of(samples.size(), positions), targets);
    }

    /** Returns {@code (B, T)} F32: 1 for positions of samples, 0 for padding. */
    public Tensor paddingMask(Device device) {
        float[] mask = new float[samples.size() * positions];
        for (int b = 0; b < samples.size(); b++) {
            Arrays.fill(mask, b * positions, b * positions + samples.get(b).tokens().length, 1f);
        }
        return Tensors.of(device, Shape.of(samples.size(), positions), mask);
    }

    /** Returns the number of positions that are not padding. */
    public long tokens() {
        return samples.stream().mapToLong(sample -> sample.tokens().length).sum();
    }

    private int[] fill(int value) {
        int[] filled = new int[samples.size() * positions];
        Arrays.fill(filled, value);
        return filled;
    }
}
