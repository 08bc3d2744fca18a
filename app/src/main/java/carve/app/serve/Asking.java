package carve.app.serve;

import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.app.engine.EngineException;
import carve.app.engine.Job;
import carve.app.engine.ModelEngine;
import carve.app.engine.Prompt;
import carve.app.engine.Request;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;

/** Makes requests of models from what was asked over HTTP. */
final class Asking {
    // pictures are large while they are decoded
    private static final int SIDE_BY_SIDE = 4;

    private final Semaphore pictures = new Semaphore(SIDE_BY_SIDE);
    private final ServingConfig config;

    Asking(ServingConfig config) {
        this.config = config;
    }

    ServingConfig config() {
        return config;
    }

    /** What a conversation is for a model, and how long an answer it allows at most. */
    record Asked(Prompt prompt, Sample sample) {}

    /** Returns a conversation as a model takes it. */
    Asked conversation(ServedModel model, List<Message> messages) throws InterruptedException {
        boolean large =
                messages.stream().anyMatch(message -> !message.pictures().isEmpty());
        if (large) {
            pictures.acquire();
        }
        try {
            Processor processor = model.engine().processor();
            OptionalInt picture = model.engine().spec().input().pictureToken();
            Sample sample = processor.prompt(messages);
            return new Asked(Prompt.of(sample, picture), sample);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("messages", "Invalid 'messages': %s", e.getMessage());
        } catch (RuntimeException e) {
            if (!large) {
                throw e;
            }
            // what decodes pictures throws exceptions of its own
            throw ApiException.invalid("messages", "A picture cannot be read: %s", e.getMessage());
        } finally {
            if (large) {
                pictures.release();
            }
        }
    }

    /** Returns how many tokens an answer may have: as many as asked for, or else as usual and as there is room for. */
    int tokens(ServedModel model, Prompt prompt, java.util.Optional<Integer> asked) {
        int room = model.engine().config().positions() - prompt.length();
        int usual = Math.max(1, Math.min(config.generation().maxTokens(), room));
        return asked.orElse(usual);
    }

    /** Hands a request to a model. */
    static Job submit(ModelEngine engine, Request request) {
        try {
            return engine.submit(request);
        } catch (EngineException e) {
            throw ApiException.of(e);
        }
    }
}
