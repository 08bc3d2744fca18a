package carve.app.chat;

import carve.api.checkpoint.TensorSource;
import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.ChatOptions;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A conversation with a model: its messages, and the states after earlier prompts and answers, which are pinned in the generator's
 * prefix cache. Confined to the device's thread.
 */
public final class Conversation implements AutoCloseable {
    // earlier states for /undo; what does not fit is computed again
    private static final long MAX_SNAPSHOT_BYTES = 64L << 20;

    private final LoadedModel model;
    private final Generator generator;
    private final Processor processor;
    private final Sampler sampler;
    private final int maxTokens;
    private final List<Message> messages;
    // in the order of positions
    private final List<PinnedState> states = new ArrayList<>();
    private Optional<Timings> timings = Optional.empty();

    /**
     * The timings of the last answer.
     *
     * @param cachedPositions positions of the prompt that came from the prefix cache
     * @param prefillPositions the other positions of the prompt
     * @param prefillSeconds how long they took
     * @param generatedTokens of the answer
     * @param decodeSeconds how long they took
     */
    public record Timings(
            int cachedPositions,
            int prefillPositions,
            double prefillSeconds,
            int generatedTokens,
            double decodeSeconds) {}

    /** Begins a conversation; model, generator and processor are not closed with it. */
    public Conversation(LoadedModel model, Generator generator, Processor processor, Sampler sampler, int maxTokens) {
        this(model, generator, processor, sampler, maxTokens, List.of());
    }

    private Conversation(
            LoadedModel model,
            Generator generator,
            Processor processor,
            Sampler sampler,
            int maxTokens,
            List<Message> messages) {
        this.model = model;
        this.generator = generator;
        this.processor = processor;
        this.sampler = sampler;
        this.maxTokens = maxTokens;
        this.messages = new ArrayList<>(messages);
    }

    /** Returns the messages. */
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    /** Returns the timings of the last answer, if there was one. */
    public Optional<Timings> timings() {
        return timings;
    }

    /** Returns the model. */
    public LoadedModel model() {
        return model;
    }

    /** Returns the position from which the conversation can go on without computing anything again. */
    public int position() {
        return states.isEmpty() ? 0 : states.getLast().position();
    }

    /** Returns the bytes of the state at {@link #position}. */
    public long stateBytes() {
        return states.isEmpty() ? 0 : states.getLast().bytes();
    }

    /** Returns the bytes of earlier states, which {@link #undo} goes back to. */
    public long snapshotBytes() {
        return states.stream()
                .limit(Math.max(0, states.size() - 1))
                .mapToLong(PinnedState::bytes)
                .sum();
    }

    /**
     * Returns the text of the prompt that a question would make.
     *
     * @throws IllegalArgumentException if the model cannot take the question
     * @throws carve.api.text.ChatTemplateException if the model has no chat template, or it refuses the conversation
     */
    public String promptText(String text, List<EncodedImage> pictures) {
        return processor.promptText(with(text, pictures), ChatOptions.ANSWER);
    }

    private List<Message> with(String text, List<EncodedImage> pictures) {
        List<Message> next = new ArrayList<>(messages);
        next.add(new Message(Role.USER, text, pictures));
        return next;
    }

    /**
     * Adds a question, and returns the answer.
     *
     * @param listener receives the answer as it comes
     * @param cancelled is asked after each token whether the answer is to end here
     * @throws IllegalArgumentException if the model cannot take the question; the conversation is as it was
     * @throws carve.api.text.ChatTemplateException if the chat template refuses the conversation; it is as it was
     */
    public String ask(String text, List<EncodedImage> pictures, Consumer<String> listener, BooleanSupplier cancelled) {
        List<Message> next = with(text, pictures);
        Sample sample = processor.prompt(next);
        Prompt prompt = generator.prompt(sample);
        // draws are numbered by position, so that no two answers have the same
        GenerationRequest request = new GenerationRequest(
                        prompt, sampler, processor.stopTokens(), processor.maxNewTokens(sample, maxTokens))
                .with(CachePolicy.PINNED)
                .withFirstDraw(prompt.length());
        AnswerPrinter answer = new AnswerPrinter(processor.textStream(), listener, cancelled);
        Completion completion = generator.generate(request, answer);
        answer.finish();
        completion.end().states().forEach(this::addState);
        next.add(Message.assistant(answer.text()));
        messages.clear();
        messages.addAll(next);
        int cached = completion.prefill().cachedTokens();
        timings = Optional.of(new Timings(
                cached,
                prompt.length() - cached,
                completion.prefillSeconds(),
                completion.tokens().length,
                completion.decodeSeconds()));
        return answer.text();
    }

    private void addState(PinnedState state) {
        states.add(state);
        while (states.size() > 2 && snapshotBytes() > MAX_SNAPSHOT_BYTES) {
            states.removeFirst().close();
        }
    }

    /**
     * Removes the last question and its answer.
     *
     * @throws ChatException if there is no question
     */
    public void undo() {
        if (messages.stream().noneMatch(message -> message.isFrom(Role.USER))) {
            throw new ChatException("there is no question to undo");
        }
        messages.removeLast();
        messages.removeLast();
        boolean asked = messages.stream().anyMatch(message -> message.isFrom(Role.USER));
        // states stay that are of no more than what is left
        Optional<Prompt> left = asked
                ? Optional.of(generator
                        .prompt(processor.prompt(messages, ChatOptions.WHOLE))
                        .with(List.of(0)))
                : Optional.empty();
        states.removeIf(state -> {
            boolean beyond = left.isEmpty() || !state.prefix().isPrefixOf(left.get());
            if (beyond) {
                state.close();
            }
            return beyond;
        });
        timings = Optional.empty();
    }

    /**
     * Sets the system prompt.
     *
     * @throws ChatException if there are messages already
     */
    public void systemPrompt(String text) {
        if (!messages.isEmpty()) {
            throw new ChatException("a system prompt must come first; start a new conversation with /new");
        }
        messages.add(new Message(Role.SYSTEM, text, List.of()));
    }

    /** Returns an independent copy; the caller closes it. */
    public Conversation fork() {
        Conversation fork = new Conversation(model, generator, processor, sampler, maxTokens, messages);
        states.forEach(state -> fork.states.add(state.share()));
        return fork;
    }

    /** Returns the state at {@link #position}; nothing before the first answer. */
    Optional<PinnedState> lastState() {
        return states.isEmpty() ? Optional.empty() : Optional.of(states.getLast());
    }

    /** Returns a conversation with the same model that goes on from saved messages; the caller closes it. */
    Conversation resumeFrom(List<Message> saved) {
        return new Conversation(model, generator, processor, sampler, maxTokens, saved);
    }

    /**
     * Makes a saved state the one from which this conversation goes on.
     *
     * @param tokens all that the model had seen
     * @param images the number of rows of each kind of media that were among it
     * @throws IllegalArgumentException if the tensors are not those of a state of this model
     */
    void restoreState(int[] tokens, MediaRows images, TensorSource tensors) {
        Sample sample = processor.prompt(messages, ChatOptions.WHOLE);
        Prompt prefix = generator.prompt(new Sample(tokens, new boolean[tokens.length], images.firstRows(sample)));
        states.add(generator.pin(prefix, tensors));
    }

    @Override
    public void close() {
        states.forEach(PinnedState::close);
        states.clear();
    }
}
