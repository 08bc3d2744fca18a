package carve.models.data;

import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.stage.DataSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A conversation about each scene of the train split, without end: some of its questions in any order. */
final class ShapesSource implements DataSource {
    private final ShapesData data;
    private final double descriptions;
    private final int turns;
    private final Processor processor;
    private final long seed;

    ShapesSource(ShapesData data, double descriptions, int turns, Processor processor, long seed) {
        this.data = data;
        this.descriptions = descriptions;
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
        for (Question question : questions(data.questions(scene), new Draws(seed, position))) {
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

    private List<Question> questions(List<Question> all, Draws draws) {
        List<Question> shuffled = Arrays.stream(draws.distinct(all.size(), all.size()))
                .mapToObj(all::get)
                .collect(Collectors.toList());
        if (draws.unit() < descriptions) {
            shuffled.sort(Comparator.comparing(question -> question.kind() != QuestionKind.DESCRIPTION));
        }
        return shuffled.subList(0, Math.min(turns, shuffled.size()));
    }

    @Override
    public String identity() {
        return "shapes " + data.config() + " descriptions " + descriptions + " turns " + turns + " seed " + seed;
    }
}
