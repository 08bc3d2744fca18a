package carve.app.chat;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.api.text.Processor;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A conversation with a model, and the model's state. Confined to the device's thread. */
public final class Conversation implements AutoCloseable {
    static final int CAPACITY = 1 << 22;
    // places to go back to; what does not fit is computed again
    private static final long MAX_SNAPSHOT_BYTES = 64L << 20;

    private final LoadedModel model;
    private final Processor processor;
    private final Sampler sampler;
    private final int maxTokens;
    private final List<Message> messages;
    // the last one is where the talk is; the state of the others is never changed
    private final List<ConversationSnapshot> snapshots = new ArrayList<>();
    private Optional<Timings> timings = Optional.empty();

    /**
     * What the last answer took.
     *
     * @param cachedPositions positions that the model had seen before
     * @param prefillPositions positions of the prompt that it had not
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

    /** What the model has said, and in how many tokens. */
    private record Answer(String text, int tokens) {}

    /** Begins a conversation; model and processor are not closed with it. */
    public Conversation(LoadedModel model, Processor processor, Sampler sampler, int maxTokens) {
        this(model, processor, sampler, maxTokens, List.of());
    }

    private Conversation(
            LoadedModel model, Processor processor, Sampler sampler, int maxTokens, List<Message> messages) {
        this.model = model;
        this.processor = processor;
        this.sampler = sampler;
        this.maxTokens = maxTokens;
        this.messages = new ArrayList<>(messages);
    }

    /** Returns what was said. */
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    /** Returns what the last answer took, if there was one. */
    public Optional<Timings> timings() {
        return timings;
    }

    /** Returns the model. */
    public LoadedModel model() {
        return model;
    }

    /** Returns how many positions the model remembers. */
    public int position() {
        return snapshots.isEmpty() ? 0 : snapshots.getLast().state().position();
    }

    /** Returns the bytes of the state. */
    public long stateBytes() {
        return snapshots.isEmpty() ? 0 : snapshots.getLast().state().bytes();
    }

    /** Returns the bytes of earlier states, which {@link #undo} goes back to. */
    public long snapshotBytes() {
        return snapshots.stream()
                .limit(Math.max(0, snapshots.size() - 1))
                .mapToLong(p -> p.state().bytes())
                .sum();
    }

    /**
     * Says something, and returns the answer.
     *
     * @param listener is told of the answer as it comes
     * @param enough is asked after each token whether the answer is to end here
     * @throws IllegalArgumentException if the model cannot be told that; the conversation is as it was
     */
    public String ask(String text, List<EncodedImage> pictures, Consumer<String> listener, BooleanSupplier enough) {
        List<Message> next = new ArrayList<>(messages);
        next.add(new Message(Role.USER, text, pictures));
        Sample prompt = processor.prompt(next);
        long started = System.nanoTime();
        List<EncodedImage> shown = pictures(next);
        ConversationSnapshot base = longestPrefix(prompt, shown);
        Sample rest = base.remainder(prompt);
        float[] logits;
        try {
            logits = TokenGenerator.prefill(model, rest, base.state());
        } catch (RuntimeException e) {
            base.close();
            throw e;
        }
        ConversationSnapshot prompted = new ConversationSnapshot(base.state(), prompt.tokens(), shown, rows(prompt));
        addSnapshot(prompted.fork());
        long begun = System.nanoTime();
        Answer answer = answer(prompted, logits, prompt, listener, enough);
        double answerSeconds = (System.nanoTime() - begun) / 1e9;
        next.add(Message.assistant(answer.text()));
        messages.clear();
        messages.addAll(next);
        timings = Optional.of(new Timings(
                base.tokens().length, rest.tokens().length, (begun - started) / 1e9, answer.tokens(), answerSeconds));
        return answer.text();
    }

    private Answer answer(
            ConversationSnapshot prompted,
            float[] first,
            Sample prompt,
            Consumer<String> listener,
            BooleanSupplier enough) {
        int limit = processor.maxNewTokens(prompt, maxTokens);
        int vocabulary = model.spec().vocabulary();
        ModelState state = prompted.state();
        Processor.TextStream stream = processor.textStream();
        StringBuilder answer = new StringBuilder();
        List<Integer> seen = new ArrayList<>();
        float[] logits = first;
        int answered = 0;
        while (true) {
            int token = sampler.sample(logits, 0, vocabulary, state.position());
            if (processor.stopTokens().contains(token)) {
                break;
            }
            answered++;
            emit(stream.push(token), answer, listener);
            if (answered >= limit || enough.getAsBoolean()) {
                break;
            }
            logits = TokenGenerator.decodeStep(model, token, state);
            seen.add(token);
        }
        emit(stream.flush(), answer, listener);
        int[] tokens = Arrays.copyOf(prompted.tokens(), prompted.tokens().length + seen.size());
        for (int i = 0; i < seen.size(); i++) {
            tokens[prompted.tokens().length + i] = seen.get(i);
        }
        addSnapshot(new ConversationSnapshot(state, tokens, prompted.pictures(), prompted.mediaRows()));
        return new Answer(answer.toString(), answered);
    }

    private static void emit(String text, StringBuilder answer, Consumer<String> listener) {
        if (!text.isEmpty()) {
            answer.append(text);
            listener.accept(text);
        }
    }

    private static List<EncodedImage> pictures(List<Message> messages) {
        return messages.stream().flatMap(message -> message.images().stream()).toList();
    }

    private static Map<String, Integer> rows(Sample prompt) {
        Map<String, Integer> rows = new LinkedHashMap<>();
        prompt.media().forEach((name, tensor) -> rows.put(name, tensor.shape().extent(0)));
        return rows;
    }

    // the last point itself if that is it: its state is nobody else's
    private ConversationSnapshot longestPrefix(Sample prompt, List<EncodedImage> shown) {
        Optional<ConversationSnapshot> longest = snapshots.stream()
                .filter(conversationSnapshot -> conversationSnapshot.isPrefixOf(prompt, shown))
                .max(Comparator.comparingInt(conversationSnapshot -> conversationSnapshot.tokens().length));
        if (longest.isEmpty()) {
            ModelState fresh = model.model().newState(model.device(), 1, CAPACITY);
            return new ConversationSnapshot(fresh, new int[0], List.of(), Map.of());
        }
        return longest.get().fork();
    }

    private void addSnapshot(ConversationSnapshot conversationSnapshot) {
        snapshots.add(conversationSnapshot);
        while (snapshots.size() > 2 && snapshotBytes() > MAX_SNAPSHOT_BYTES) {
            snapshots.removeFirst().close();
        }
    }

    /**
     * Takes the last question and its answer back.
     *
     * @throws ChatException if nothing was said
     */
    public void undo() {
        if (messages.stream().noneMatch(message -> message.role() == Role.USER)) {
            throw new ChatException("nothing was said that could be taken back");
        }
        messages.removeLast();
        messages.removeLast();
        int said = (int)
                messages.stream().filter(message -> message.role() == Role.USER).count();
        // what the model has seen goes at most as far as what is still said
        Optional<Sample> now = said == 0 ? Optional.empty() : Optional.of(processor.trainingSample(messages));
        snapshots.removeIf(conversationSnapshot -> {
            boolean beyond = now.isEmpty() || !conversationSnapshot.isPrefixOf(longer(now.get()), pictures(messages));
            if (beyond) {
                conversationSnapshot.close();
            }
            return beyond;
        });
        timings = Optional.empty();
    }

    private static Sample longer(Sample sample) {
        int length = sample.tokens().length;
        return new Sample(Arrays.copyOf(sample.tokens(), length + 1), new boolean[length + 1], sample.media());
    }

    /** Says what the model is to keep in mind; only before anything else is said. */
    public void systemPrompt(String text) {
        if (!messages.isEmpty()) {
            throw new ChatException("instructions come before all else; begin anew with /new");
        }
        messages.add(new Message(Role.SYSTEM, text, List.of()));
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    public Conversation fork() {
        Conversation fork = new Conversation(model, processor, sampler, maxTokens, messages);
        snapshots.forEach(conversationSnapshot -> fork.snapshots.add(conversationSnapshot.fork()));
        return fork;
    }

    /** Returns where it is; nothing before the first answer. */
    Optional<ConversationSnapshot> lastSnapshot() {
        return snapshots.isEmpty() ? Optional.empty() : Optional.of(snapshots.getLast());
    }

    /** Returns a conversation with the same model that goes on from a point, which it owns. */
    Conversation resumeFrom(List<Message> said, Optional<ConversationSnapshot> point) {
        Conversation talk = new Conversation(model, processor, sampler, maxTokens, said);
        point.ifPresent(talk.snapshots::add);
        return talk;
    }

    @Override
    public void close() {
        snapshots.forEach(ConversationSnapshot::close);
        snapshots.clear();
    }
}
