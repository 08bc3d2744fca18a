package carve.runtime.engine;

import carve.api.model.ModelState;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Decode steps of a fixed batch whose tokens are sampled on the device, started before the host has read earlier tokens. When
 * a sequence ends or another one is to join, no more steps are started; tokens of the steps in flight are still read, and then
 * the scheduler forms a new batch.
 */
final class PipelinedBatch implements AutoCloseable {
    private final List<RunningSequence> sequences;
    private final PipelinedDecoder decoder;

    private PipelinedBatch(List<RunningSequence> sequences, PipelinedDecoder decoder) {
        this.sequences = List.copyOf(sequences);
        this.decoder = decoder;
    }

    /** Returns the pipeline of sequences that are all ready for their next step; nothing if they or their device do not allow it. */
    static Optional<PipelinedBatch> of(List<RunningSequence> sequences) {
        ForwardPass pass = sequences.getFirst().pass();
        OptionalInt imageToken = pass.model().spec().input().imageToken();
        boolean possible = sequences.stream().allMatch(sequence -> isPossible(sequence, imageToken))
                && DeviceSampling.isPossible(pass, sequences);
        int steps = sequences.stream()
                .mapToInt(RunningSequence::remainingTokens)
                .min()
                .orElse(0);
        if (!possible || steps < 2) {
            return Optional.empty();
        }
        List<ModelState> states = sequences.stream().map(RunningSequence::state).toList();
        int[] tokens = sequences.stream().mapToInt(RunningSequence::lastToken).toArray();
        long[] draws = DeviceSampling.nextDraws(sequences);
        return PipelinedDecoder.of(
                        pass.model(),
                        states,
                        tokens,
                        steps,
                        (logits, step) -> DeviceSampling.sample(logits, sequences, draws, step - 1))
                .map(decoder -> new PipelinedBatch(sequences, decoder));
    }

    // tokens that the host has not seen must be words, and states that run ahead must not be kept
    private static boolean isPossible(RunningSequence sequence, OptionalInt imageToken) {
        GenerationRequest request = sequence.request();
        return !sequence.speculates()
                && request.deviceMoves().isEmpty()
                && request.cachePolicy() != GenerationRequest.CachePolicy.PINNED
                && (imageToken.isEmpty() || request.sampler().excluded().contains(imageToken.getAsInt()));
    }

    List<RunningSequence> sequences() {
        return sequences;
    }

    /**
     * Reads the tokens of the next step.
     *
     * @param ready how many sequences are ready; others than these wait until this is done
     */
    void step(int ready) {
        if (ready != sequences.size() || sequences.stream().anyMatch(RunningSequence::finished)) {
            decoder.stop();
        }
        if (decoder.isDone()) {
            return;
        }
        int[] tokens = decoder.next();
        for (int row = 0; row < tokens.length; row++) {
            if (!sequences.get(row).finished()) {
                sequences.get(row).accept(tokens[row]);
            }
        }
    }

    /** Closes this if there is nothing more to read, or nobody to read it; returns whether it is closed. */
    boolean closeIfDone() {
        boolean done = decoder.isDone() || sequences.stream().allMatch(RunningSequence::finished);
        if (done) {
            close();
        }
        return done;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
