package carve.runtime.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Prefill of likely prefixes while the engine is idle: the next turn of a conversation begins with the previous prompt and its
 * answer. Runs on the thread of the device.
 */
final class IdlePrefill implements AutoCloseable {
    private static final int MAX_PROMPTS = 64;

    private final ForwardPass pass;
    private final PrefixCache cache;
    private final String fingerprint;
    private final int chunk;
    private final Deque<Prompt> prompts = new ArrayDeque<>();
    private final EngineMetrics.WorkerGauge pending;
    private Optional<Prefill> current = Optional.empty();

    IdlePrefill(ForwardPass pass, PrefixCache cache, String fingerprint, int chunk, EngineMetrics metrics) {
        this.pass = pass;
        this.cache = cache;
        this.fingerprint = fingerprint;
        this.chunk = chunk;
        this.pending = new EngineMetrics.WorkerGauge(metrics.pendingPrefixes);
    }

    boolean hasWork() {
        return current.isPresent() || !prompts.isEmpty();
    }

    /** Queues the prompt and answer of a sequence, if there is a chunk that its prompt did not have. */
    void offer(RunningSequence sequence) {
        GenerationRequest request = sequence.request();
        Prompt whole = sequence.promptAndAnswer();
        boolean further = whole.length() / chunk > request.prompt().length() / chunk;
        if (request.cachePolicy() != GenerationRequest.CachePolicy.NONE
                && request.maxTokens() > 1
                && further
                && prompts.size() < MAX_PROMPTS) {
            prompts.add(whole);
            pending.set(prompts.size());
        }
    }

    /** Processes one chunk, since a request may come meanwhile. */
    void step() {
        boolean succeeded = false;
        try {
            if (current.isEmpty() && !prompts.isEmpty()) {
                Prompt prompt = prompts.poll();
                Optional<PrefixKeys> keys = Optional.of(PrefixKeys.of(prompt, fingerprint, chunk));
                current = Optional.of(new Prefill(pass, cache, prompt, chunk, prompt.length(), keys, prompt.length()));
            }
            if (current.isPresent()) {
                if (!current.get().allBoundariesPassed()) {
                    current.get().processChunk();
                }
                if (current.get().allBoundariesPassed()) {
                    closeCurrent();
                }
            }
            succeeded = true;
        } finally {
            if (!succeeded) {
                closeCurrent();
            }
            pending.set(prompts.size() + (current.isPresent() ? 1 : 0));
        }
    }

    private void closeCurrent() {
        current.ifPresent(Prefill::close);
        current = Optional.empty();
    }

    @Override
    public void close() {
        closeCurrent();
        prompts.clear();
        pending.set(0);
    }
}
