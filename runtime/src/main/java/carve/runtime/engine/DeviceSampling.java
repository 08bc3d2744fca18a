package carve.runtime.engine;

import carve.api.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** Sampling of the next tokens of a batch on the device, so that only tokens are copied to the host. */
final class DeviceSampling {
    private DeviceSampling() {}

    /** Returns whether the device has a kernel for it, and all sequences sample alike and need no logits on the host. */
    static boolean isPossible(ForwardPass pass, List<RunningSequence> sequences) {
        Sampler sampler = sequences.getFirst().request().sampler();
        return sequences.stream()
                        .allMatch(sequence -> !sequence.request().outputs().needsLogits()
                                && sampler.samplesLike(sequence.request().sampler()))
                && sampler.samplesOnDevice(pass.device(), sequences.size(), pass.vocabulary());
    }

    /**
     * Returns the results of {@link carve.api.op.SampleToken} for the next tokens.
     *
     * @param logits (R, V)
     * @param ahead how many tokens after the next one of each sequence these are
     */
    static List<Tensor> sample(Tensor logits, List<RunningSequence> sequences, int ahead) {
        return sample(logits, sequences, nextDraws(sequences), ahead);
    }

    /** Returns the numbers of the next draw of each sequence. */
    static long[] nextDraws(List<RunningSequence> sequences) {
        return sequences.stream().mapToLong(RunningSequence::nextDraw).toArray();
    }

    /** Returns the results for the tokens that many steps after given draws. */
    static List<Tensor> sample(Tensor logits, List<RunningSequence> sequences, long[] draws, int ahead) {
        List<Double> uniform = IntStream.range(0, draws.length)
                .mapToObj(row -> sequences.get(row).request().sampler().uniform("sample", draws[row] + ahead))
                .toList();
        return sequences.getFirst().request().sampler().sampleOnDevice(logits, uniform);
    }
}
