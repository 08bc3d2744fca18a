package carve.app.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What an engine counts; any thread may look. */
public final class Figures {
    final LongAdder started = new LongAdder();
    final LongAdder finished = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder prompted = new LongAdder();
    final LongAdder cached = new LongAdder();
    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder evicted = new LongAdder();
    final LongAdder generated = new LongAdder();
    final LongAdder steps = new LongAdder();
    final LongAdder fillNanos = new LongAdder();
    final LongAdder stepNanos = new LongAdder();
    final AtomicLong active = new AtomicLong();
    final AtomicInteger waiting = new AtomicInteger();
    final AtomicLong remembering = new AtomicLong();
    final AtomicLong liveBuffers = new AtomicLong();
    final AtomicLong stateBytes = new AtomicLong();

    /** What one lane has of a figure. Confined to its thread. */
    static final class Part {
        private final AtomicLong whole;
        private long own;

        Part(AtomicLong whole) {
            this.whole = whole;
        }

        /** Says how much that is now. */
        void set(long value) {
            whole.addAndGet(value - own);
            own = value;
        }
    }

    Figures() {}

    /** Returns how many sessions are worked on. */
    public int active() {
        return active.intValue();
    }

    /** Returns how many requests wait. */
    public int waiting() {
        return waiting.get();
    }

    /** Returns how many prefixes are to be prepared when nobody waits. */
    public int remembering() {
        return remembering.intValue();
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
    public long hits() {
        return hits.sum();
    }

    /** Returns all that only grows, by name. */
    public Map<String, Double> counters() {
        Map<String, Double> counters = new LinkedHashMap<>();
        counters.put("requests_started", (double) started.sum());
        counters.put("requests_finished", (double) finished.sum());
        counters.put("requests_cancelled", (double) cancelled.sum());
        counters.put("requests_failed", (double) failed.sum());
        counters.put("requests_refused", (double) refused.sum());
        counters.put("prompt_tokens", (double) prompted.sum());
        counters.put("prompt_tokens_cached", (double) cached.sum());
        counters.put("cache_hits", (double) hits.sum());
        counters.put("cache_misses", (double) misses.sum());
        counters.put("cache_evictions", (double) evicted.sum());
        counters.put("generated_tokens", (double) generated.sum());
        counters.put("decode_steps", (double) steps.sum());
        counters.put("prefill_seconds", fillNanos.sum() / 1e9);
        counters.put("decode_seconds", stepNanos.sum() / 1e9);
        return counters;
    }
}
