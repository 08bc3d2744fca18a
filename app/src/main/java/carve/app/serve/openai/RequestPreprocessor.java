package carve.app.serve.openai;

import carve.api.CarveException;
import carve.api.data.Sample;
import carve.api.text.ChatTemplateException;
import carve.api.text.Processor;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/** Makes requests of models from what was asked over HTTP. */
public final class RequestPreprocessor {
    // decoded images are large
    private static final int MAX_CONCURRENT_DECODES = 4;

    // of a text the tokens take many times its memory
    private static final int LONG_TEXT = 1 << 18;

    private final Semaphore pictures = new Semaphore(MAX_CONCURRENT_DECODES);
    private final Semaphore longTexts = new Semaphore(1);
    private final RequestReader reader;
    private final TokenizerThreads tokenizing = new TokenizerThreads();
    private final RequestLimits limits;

    /**
     * Makes a preprocessor.
     *
     * @param maxBodyBytes the greatest length of a body
     */
    public RequestPreprocessor(long maxBodyBytes, RequestLimits limits) {
        this.reader = new RequestReader(maxBodyBytes, Runtime.getRuntime().maxMemory());
        this.limits = limits;
    }

    /**
     * Reads the body of a request; the caller closes it once the request has been answered.
     *
     * @throws ApiException if it is no object, is too large, or there was no memory for it in time
     */
    RequestReader.ReceivedRequest read(HttpCall call) throws IOException, InterruptedException {
        return reader.read(call);
    }

    RequestLimits limits() {
        return limits;
    }

    /** A conversation as a model takes it. */
    record TokenizedPrompt(Prompt prompt, Sample sample) {}

    /** Returns a conversation as a model takes it. */
    TokenizedPrompt tokenize(ServedModel model, ConversationRequest request) throws InterruptedException {
        return alone(checkedLength(model, request), () -> process(model, request));
    }

    /** Returns the text of a conversation's prompt. */
    String promptText(ServedModel model, ConversationRequest request) throws InterruptedException {
        Processor processor = model.engine().processor();
        return alone(
                checkedLength(model, request),
                () -> tokenized("messages", () -> processor.promptText(request.messages(), request.options())));
    }

    private long checkedLength(ServedModel model, ConversationRequest request) {
        requireLength(model, "messages", request.texts().stream());
        return request.texts().stream().mapToLong(String::length).sum();
    }

    /** An action that may have to wait. */
    private interface Action<T> {
        T run() throws InterruptedException;
    }

    /** Runs what makes tokens of a text; long texts one after the other. */
    private <T> T alone(long length, Action<T> action) throws InterruptedException {
        if (length <= LONG_TEXT) {
            return action.run();
        }
        longTexts.acquire();
        try {
            return action.run();
        } finally {
            longTexts.release();
        }
    }

    private TokenizedPrompt process(ServedModel model, ConversationRequest request) throws InterruptedException {
        boolean large = request.messages().stream()
                .anyMatch(message -> !message.images().isEmpty());
        if (large) {
            pictures.acquire();
        }
        try {
            Processor processor = model.engine().processor();
            OptionalInt picture = model.engine().spec().input().imageToken();
            Sample sample = tokenizing.call(() -> processor.prompt(request.messages(), request.options()));
            return new TokenizedPrompt(Prompt.of(sample, picture), sample);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalidParameter("messages", "Invalid 'messages': %s", e.getMessage());
        } catch (ChatTemplateException e) {
            throw refused("messages", e);
        } catch (RuntimeException e) {
            if (!large) {
                throw e instanceof CarveException refused ? refused("messages", refused) : e;
            }
            // what decodes pictures throws exceptions of its own
            throw ApiException.invalidParameter("messages", "Cannot decode image: %s", e.getMessage());
        } finally {
            if (large) {
                pictures.release();
            }
        }
    }

    /**
     * Returns the token ids of a text, see {@link TokenizeHandler#encode}.
     *
     * @param begun whether the text stands at the beginning
     * @param special whether special tokens in it are tokens
     */
    int[] encode(ServedModel model, String text, boolean begun, boolean special) throws InterruptedException {
        requireLength(model, "prompt", Stream.of(text));
        Processor processor = model.engine().processor();
        return alone(
                text.length(),
                () -> tokenized("prompt", () -> TokenizeHandler.encode(processor, text, begun, special)));
    }

    private <T> T tokenized(String field, Callable<T> tokenizer) throws InterruptedException {
        try {
            return tokenizing.call(tokenizer);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalidParameter(field, "Invalid '%s': %s", field, e.getMessage());
        } catch (CarveException e) {
            throw refused(field, e);
        }
    }

    // what a chat template raises is said as it is
    private static ApiException refused(String field, CarveException e) {
        if (e instanceof ChatTemplateException) {
            return ApiException.invalidParameter(field, "%s", e.getMessage());
        }
        return ApiException.invalidParameter(field, "Invalid '%s': %s", field, e.getMessage());
    }

    // a text that is much longer than the context can never fit
    private void requireLength(ServedModel model, String field, Stream<String> texts) {
        long context = model.engine().config().contextLength();
        long most = context * limits.bytesPerToken();
        long length = texts.mapToLong(RequestPreprocessor::utf8Length).sum();
        if (length > most) {
            throw ApiException.contextLength(
                    field,
                    "This model's maximum context length is %d tokens. However, '%s' has %d bytes of text, more than %d for each token."
                            .formatted(context, field, length, limits.bytesPerToken()));
        }
    }

    private static long utf8Length(String text) {
        long length = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // half of a pair counts two, the pair four
            length += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
        }
        return length;
    }

    /** Returns how many tokens an answer may have: as many as asked for, or else as usual and as there is room for. */
    int maxTokens(ServedModel model, Prompt prompt, java.util.Optional<Integer> asked) {
        int room = model.engine().config().contextLength() - prompt.length();
        int usual = Math.max(1, Math.min(model.defaults().maxTokens(), room));
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
