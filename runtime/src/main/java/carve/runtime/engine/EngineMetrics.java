package carve.runtime.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The metrics of an engine. Safe for several threads. */
public final class EngineMetrics {
    final LongAdder started = new LongAdder();
    final LongAdder finished = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder promptTokens = new LongAdder();
    final LongAdder cachedPromptTokens = new LongAdder();
    final LongAdder cacheHits = new LongAdder();
    final LongAdder cacheMisses = new LongAdder();
    final LongAdder cacheEvictions = new LongAdder();
    final LongAdder generatedTokens = new LongAdder();
    final LongAdder draftTokens = new LongAdder();
    final LongAdder acceptedDraftTokens = new LongAdder();
    final LongAdder decodeSteps = new LongAdder();
    final LongAdder prefillNanos = new LongAdder();
    final LongAdder decodeNanos = new LongAdder();
    final AtomicLong active = new AtomicLong();
    final AtomicInteger waiting = new AtomicInteger();
    final AtomicLong pendingPrefixes = new AtomicLong();
    final AtomicLong liveBuffers = new AtomicLong();
    final AtomicLong stateBytes = new AtomicLong();

    /** The share of one worker in a gauge. Confined to its thread. */
    static final class WorkerGauge {
        private final AtomicLong whole;
        private long own;

        WorkerGauge(AtomicLong whole) {
            this.whole = whole;
        }

        /** Sets the share. */
        void set(long value) {
            whole.addAndGet(value - own);
            own = value;
        }
    }

    EngineMetrics() {}

    /** Returns how many sessions are worked on. */
    public int active() {
        return active.intValue();
    }

    /** Returns how many requests wait. */
    public int waiting() {
        return waiting.get();
    }

    /** Returns how many prefixes are to be prepared when nobody waits. */
    public int pendingPrefixes() {
        return pendingPrefixes.intValue();
    }

    /** Returns how many buffers the scopes of the device own, when it was last idle or between two steps. */
    public long liveBuffers() {
        return liveBuffers.get();
    }

    /** Returns the bytes of the states of all sessions. */
    public long stateBytes() {
        return stateBytes.get();
    }

    /** Returns how many prompts went on from a snapshot. */
    public long cacheHits() {
        return cacheHits.sum();
    }

    /** Returns the seconds of prefill, which includes the sampling of first tokens. */
    public double prefillSeconds() {
        return prefillNanos.sum() * 1e-9;
    }

    /** Returns the seconds of decode steps, from the second token of each answer on. */
    public double decodeSeconds() {
        return decodeNanos.sum() * 1e-9;
    }

    /** Returns all that only grows, by name. */
    public Map<String, Double> counters() {
        Map<String, Double> counters = new LinkedHashMap<>();
        counters.put("requests_started", (double) started.sum());
        counters.put("requests_finished", (double) finished.sum());
        counters.put("requests_cancelled", (double) cancelled.sum());
        counters.put("requests_failed", (double) failed.sum());
        counters.put("requests_refused", (double) rejected.sum());
        counters.put("prompt_tokens", (double) promptTokens.sum());
        counters.put("prompt_tokens_cached", (double) cachedPromptTokens.sum());
        counters.put("cache_hits", (double) cacheHits.sum());
        counters.put("cache_misses", (double) cacheMisses.sum());
        counters.put("cache_evictions", (double) cacheEvictions.sum());
        counters.put("generated_tokens", (double) generatedTokens.sum());
        counters.put("draft_tokens", (double) draftTokens.sum());
        counters.put("draft_tokens_accepted", (double) acceptedDraftTokens.sum());
        counters.put("decode_steps", (double) decodeSteps.sum());
        counters.put("prefill_seconds", prefillSeconds());
        counters.put("decode_seconds", decodeSeconds());
        return counters;
    }
}
