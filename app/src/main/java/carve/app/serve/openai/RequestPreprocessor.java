package carve.app.serve.openai;

import carve.api.data.Sample;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.app.serve.http.ApiException;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;

/** Makes requests of models from what was asked over HTTP. */
public final class RequestPreprocessor {
    // decoded images are large
    private static final int MAX_CONCURRENT_DECODES = 4;

    private final Semaphore pictures = new Semaphore(MAX_CONCURRENT_DECODES);
    private final RequestLimits limits;
    private final GenerationConfig defaults;

    /**
     * Makes a preprocessor.
     *
     * @param defaults how tokens are chosen where a request does not say
     */
    public RequestPreprocessor(RequestLimits limits, GenerationConfig defaults) {
        this.limits = limits;
        this.defaults = defaults;
    }

    RequestLimits limits() {
        return limits;
    }

    GenerationConfig defaults() {
        return defaults;
    }

    /** A conversation as a model takes it. */
    record TokenizedPrompt(Prompt prompt, Sample sample) {}

    /** Returns a conversation as a model takes it. */
    TokenizedPrompt tokenize(ServedModel model, List<Message> messages) throws InterruptedException {
        boolean large = messages.stream().anyMatch(message -> !message.images().isEmpty());
        if (large) {
            pictures.acquire();
        }
        try {
            Processor processor = model.engine().processor();
            OptionalInt picture = model.engine().spec().input().imageToken();
            Sample sample = processor.prompt(messages);
            return new TokenizedPrompt(Prompt.of(sample, picture), sample);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalidParameter("messages", "Invalid 'messages': %s", e.getMessage());
        } catch (RuntimeException e) {
            if (!large) {
                throw e;
            }
            // what decodes pictures throws exceptions of its own
            throw ApiException.invalidParameter("messages", "Cannot decode image: %s", e.getMessage());
        } finally {
            if (large) {
                pictures.release();
            }
        }
    }

    /** Returns how many tokens an answer may have: as many as asked for, or else as usual and as there is room for. */
    int maxTokens(ServedModel model, Prompt prompt, java.util.Optional<Integer> asked) {
        int room = model.engine().config().contextLength() - prompt.length();
        int usual = Math.max(1, Math.min(defaults.maxTokens(), room));
        return asked.orElse(usual);
    }

    /**
     * Hands a request to a model.
     *
     * @param promptField the field of the prompt, which is named if the prompt is too long
     * @throws ApiException if the model refuses it
     */
    static GenerationJob submit(ModelEngine engine, GenerationRequest generationRequest, String promptField) {
        try {
            return engine.submit(generationRequest);
        } catch (EngineException e) {
            throw ApiException.of(e, promptField);
        }
    }
}
