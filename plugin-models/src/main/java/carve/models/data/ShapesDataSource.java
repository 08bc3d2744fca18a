package carve.models.data;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An endless data set of conversations about the scenes of the train split: some questions of each scene, by the
 * weights of their kinds.
 */
final class ShapesDataSource implements Dataset {
    private static final int VARIANTS = 3;

    private final ShapesDataset data;
    private final Map<QuestionKind, Double> kindWeights;
    private final int turns;
    private final Processor processor;
    private final long seed;

    ShapesDataSource(ShapesDataset data, Map<QuestionKind, Double> shares, int turns, Processor processor, long seed) {
        this.data = data;
        this.kindWeights = shares;
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
        for (Question question : draw(data.questions(scene, VARIANTS), new SplitMix64(seed, position))) {
            boolean first = conversation.isEmpty();
            conversation.add(
                    first ? Message.user(question.text(), picture(scene, position)) : Message.user(question.text()));
            conversation.add(Message.assistant(question.answer()));
        }
        return Optional.of(processor.trainingSample(conversation));
    }

    private EncodedImage picture(Scene scene, long position) {
        return new EncodedImage("scene " + position, PngEncoder.encode(data.render(scene)));
    }

    /** Draws questions without replacement by their weights (Efraimidis and Spirakis 2006). */
    private List<Question> draw(List<Question> all, SplitMix64 random) {
        var counts = all.stream().collect(Collectors.groupingBy(Question::kind, Collectors.counting()));
        record Ringing(Question question, double time) {}
        return all.stream()
                .map(question -> {
                    double rate = kindWeights.get(question.kind()) / counts.get(question.kind());
                    return new Ringing(question, -Math.log1p(-random.nextDouble()) / rate);
                })
                .filter(ringing -> ringing.time() < Double.POSITIVE_INFINITY)
                .sorted(Comparator.comparingDouble(Ringing::time))
                .limit(turns)
                .map(Ringing::question)
                .toList();
    }

    @Override
    public String fingerprint() {
        return "shapes " + data.config() + " shares " + kindWeights + " turns " + turns + " seed " + seed;
    }
}
