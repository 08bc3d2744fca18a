package carve.app.serve.openai;

import carve.api.json.JsonObject;
import carve.runtime.engine.GenerationEvent;

/** The measurements of an answer while it comes. */
final class CompletionMetrics {
    private final ServedModel model;
    private final int prompt;
    private final long began = System.nanoTime();
    private long prompted;
    private long last;
    private int cached;
    private int tokens;
    private long stateBytes;

    CompletionMetrics(ServedModel model, int prompt) {
        this.model = model;
        this.prompt = prompt;
    }

    void promptProcessed(GenerationEvent.PrefillDone event) {
        cached = event.cachedTokens();
        prompted = event.nanos();
        last = prompted;
    }

    void tokenGenerated(GenerationEvent.TokenGenerated event) {
        tokens++;
        stateBytes = event.stateBytes();
        last = event.nanos();
    }

    int completionTokens() {
        return tokens;
    }

    int promptTokens() {
        return prompt;
    }

    int cachedTokens() {
        return cached;
    }

    /** Returns OpenAI's account of tokens. */
    JsonObject usage() {
        return JsonObject.empty()
                .with("prompt_tokens", prompt)
                .with("completion_tokens", tokens)
                .with("total_tokens", prompt + tokens)
                .with("prompt_tokens_details", JsonObject.empty().with("cached_tokens", cached));
    }

    /** Returns the figures that the page shows. */
    JsonObject json() {
        long context = prompt + Math.max(0, tokens);
        double seconds = (last - prompted) / 1e9;
        double speed = tokens > 1 && seconds > 0 ? (tokens - 1) / seconds : 0;
        return JsonObject.empty()
                .with("tokens_per_second", Math.round(speed * 10) / 10.0)
                .with("time_to_first_token_seconds", prompted == 0 ? 0 : Math.round((prompted - began) / 1e5) / 1e4)
                .with("cached_tokens", cached)
                .with("context_length", context)
                .with("state_bytes", stateBytes)
                .with("teacher_cache_bytes", context * model.teacherCacheBytesPerToken());
    }
}
