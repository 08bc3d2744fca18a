package carve.app.chat;

import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.Message.Role;
import carve.api.model.ModelState;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.app.work.Decoding;
import carve.app.work.Sampler;
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
public final class Talk implements AutoCloseable {
    static final int CAPACITY = 1 << 22;
    // places to go back to; what does not fit is computed again
    private static final long KEPT_BYTES = 64L << 20;

    private final LoadedModel model;
    private final Processor processor;
    private final Sampler sampler;
    private final int maxTokens;
    private final List<Message> messages;
    // the last one is where the talk is; the state of the others is never changed
    private final List<Point> points = new ArrayList<>();
    private Optional<Figures> figures = Optional.empty();

    /**
     * What the last answer took.
     *
     * @param known positions that the model had seen before
     * @param taken positions of the prompt that it had not
     * @param promptSeconds how long they took
     * @param tokens of the answer
     * @param answerSeconds how long they took
     */
    public record Figures(int known, int taken, double promptSeconds, int tokens, double answerSeconds) {}

    /** What the model has said, and in how many tokens. */
    private record Answer(String text, int tokens) {}

    /** Begins a conversation; model and processor are not closed with it. */
    public Talk(LoadedModel model, Processor processor, Sampler sampler, int maxTokens) {
        this(model, processor, sampler, maxTokens, List.of());
    }

    private Talk(LoadedModel model, Processor processor, Sampler sampler, int maxTokens, List<Message> messages) {
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
    public Optional<Figures> figures() {
        return figures;
    }

    /** Returns the model. */
    public LoadedModel model() {
        return model;
    }

    /** Returns how many positions the model remembers. */
    public int position() {
        return points.isEmpty() ? 0 : points.getLast().state().position();
    }

    /** Returns the bytes of the state. */
    public long bytes() {
        return points.isEmpty() ? 0 : points.getLast().state().bytes();
    }

    /** Returns the bytes of earlier states, which {@link #undo} goes back to. */
    public long keptBytes() {
        return points.stream()
                .limit(Math.max(0, points.size() - 1))
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
    public String ask(String text, List<Picture> pictures, Consumer<String> listener, BooleanSupplier enough) {
        List<Message> next = new ArrayList<>(messages);
        next.add(new Message(Role.USER, text, pictures));
        Sample prompt = processor.prompt(next);
        long started = System.nanoTime();
        List<Picture> shown = pictures(next);
        Point base = base(prompt, shown);
        Sample rest = base.rest(prompt);
        float[] logits;
        try {
            logits = Decoding.prompt(model, rest, base.state());
        } catch (RuntimeException e) {
            base.close();
            throw e;
        }
        Point prompted = new Point(base.state(), prompt.tokens(), shown, rows(prompt));
        keep(prompted.fork());
        long begun = System.nanoTime();
        Answer answer = answer(prompted, logits, prompt, listener, enough);
        double answerSeconds = (System.nanoTime() - begun) / 1e9;
        next.add(Message.assistant(answer.text()));
        messages.clear();
        messages.addAll(next);
        figures = Optional.of(new Figures(
                base.tokens().length, rest.tokens().length, (begun - started) / 1e9, answer.tokens(), answerSeconds));
        return answer.text();
    }

    private Answer answer(
            Point prompted, float[] first, Sample prompt, Consumer<String> listener, BooleanSupplier enough) {
        int limit = processor.limit(prompt, maxTokens);
        int vocabulary = model.spec().vocabulary();
        ModelState state = prompted.state();
        Processor.TextStream stream = processor.stream();
        StringBuilder answer = new StringBuilder();
        List<Integer> seen = new ArrayList<>();
        float[] logits = first;
        int answered = 0;
        while (true) {
            int token = sampler.choose(logits, 0, vocabulary, state.position());
            if (processor.stops().contains(token)) {
                break;
            }
            answered++;
            tell(stream.push(token), answer, listener);
            if (answered >= limit || enough.getAsBoolean()) {
                break;
            }
            logits = Decoding.next(model, token, state);
            seen.add(token);
        }
        tell(stream.end(), answer, listener);
        int[] tokens = Arrays.copyOf(prompted.tokens(), prompted.tokens().length + seen.size());
        for (int i = 0; i < seen.size(); i++) {
            tokens[prompted.tokens().length + i] = seen.get(i);
        }
        keep(new Point(state, tokens, prompted.pictures(), prompted.rows()));
        return new Answer(answer.toString(), answered);
    }

    private static void tell(String text, StringBuilder answer, Consumer<String> listener) {
        if (!text.isEmpty()) {
            answer.append(text);
            listener.accept(text);
        }
    }

    private static List<Picture> pictures(List<Message> messages) {
        return messages.stream().flatMap(message -> message.pictures().stream()).toList();
    }

    private static Map<String, Integer> rows(Sample prompt) {
        Map<String, Integer> rows = new LinkedHashMap<>();
        prompt.media().forEach((name, tensor) -> rows.put(name, tensor.shape().extent(0)));
        return rows;
    }

    // the last point itself if that is it: its state is nobody else's
    private Point base(Sample prompt, List<Picture> shown) {
        Optional<Point> longest = points.stream()
                .filter(point -> point.leadsTo(prompt, shown))
                .max(Comparator.comparingInt(point -> point.tokens().length));
        if (longest.isEmpty()) {
            ModelState fresh = model.model().newState(model.device(), 1, CAPACITY);
            return new Point(fresh, new int[0], List.of(), Map.of());
        }
        return longest.get().fork();
    }

    private void keep(Point point) {
        points.add(point);
        while (points.size() > 2 && keptBytes() > KEPT_BYTES) {
            points.removeFirst().close();
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
        Optional<Sample> now = said == 0 ? Optional.empty() : Optional.of(processor.example(messages));
        points.removeIf(point -> {
            boolean beyond = now.isEmpty() || !point.leadsTo(longer(now.get()), pictures(messages));
            if (beyond) {
                point.close();
            }
            return beyond;
        });
        figures = Optional.empty();
    }

    private static Sample longer(Sample sample) {
        int length = sample.tokens().length;
        return new Sample(Arrays.copyOf(sample.tokens(), length + 1), new boolean[length + 1], sample.media());
    }

    /** Says what the model is to keep in mind; only before anything else is said. */
    public void system(String text) {
        if (!messages.isEmpty()) {
            throw new ChatException("instructions come before all else; begin anew with /new");
        }
        messages.add(new Message(Role.SYSTEM, text, List.of()));
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    public Talk fork() {
        Talk fork = new Talk(model, processor, sampler, maxTokens, messages);
        points.forEach(point -> fork.points.add(point.fork()));
        return fork;
    }

    /** Returns where it is; nothing before the first answer. */
    Optional<Point> point() {
        return points.isEmpty() ? Optional.empty() : Optional.of(points.getLast());
    }

    /** Returns a conversation with the same model that goes on from a point, which it owns. */
    Talk at(List<Message> said, Optional<Point> point) {
        Talk talk = new Talk(model, processor, sampler, maxTokens, said);
        point.ifPresent(talk.points::add);
        return talk;
    }

    @Override
    public void close() {
        points.forEach(Point::close);
        points.clear();
    }
}
