package carve.models.data;

import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.stage.DataSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A conversation about each scene of the train split, without end: some of its questions, of each kind as often as its share says. */
final class ShapesSource implements DataSource {
    private static final int VARIANTS = 3;

    private final ShapesData data;
    private final Map<QuestionKind, Double> shares;
    private final int turns;
    private final Processor processor;
    private final long seed;

    ShapesSource(ShapesData data, Map<QuestionKind, Double> shares, int turns, Processor processor, long seed) {
        this.data = data;
        this.shares = shares;
        this.turns = turns;
        this.processor = processor;
        this.seed = seed;
    }

    @Override
    public long size() {
        return Long.MAX_VALUE;
    }

    @Override
    public Optional<Sample> sample(long position) {
        Scene scene = data.scene(Split.TRAIN, position);
        List<Message> conversation = new ArrayList<>();
        for (Question question : draw(data.questions(scene, VARIANTS), new Draws(seed, position))) {
            boolean first = conversation.isEmpty();
            conversation.add(
                    first ? Message.user(question.text(), picture(scene, position)) : Message.user(question.text()));
            conversation.add(Message.assistant(question.answer()));
        }
        return Optional.of(processor.example(conversation));
    }

    private Picture picture(Scene scene, long position) {
        return new Picture("scene " + position, PngFile.of(data.render(scene)));
    }

    /** Draws without replacement: the one whose exponential clock rings first (Efraimidis and Spirakis 2006). */
    private List<Question> draw(List<Question> all, Draws draws) {
        var counts = all.stream().collect(Collectors.groupingBy(Question::kind, Collectors.counting()));
        record Ringing(Question question, double time) {}
        return all.stream()
                .map(question -> {
                    double rate = shares.get(question.kind()) / counts.get(question.kind());
                    return new Ringing(question, -Math.log1p(-draws.unit()) / rate);
                })
                .filter(ringing -> ringing.time() < Double.POSITIVE_INFINITY)
                .sorted(Comparator.comparingDouble(Ringing::time))
                .limit(turns)
                .map(Ringing::question)
                .toList();
    }

    @Override
    public String identity() {
        return "shapes " + data.config() + " shares " + shares + " turns " + turns + " seed " + seed;
    }
}
