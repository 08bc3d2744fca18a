package carve.models.data;

import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.stage.DataSource;
import java.util.List;
import java.util.Optional;

/** One question about each scene of the train split, without end. */
final class ShapesSource implements DataSource {
    private final ShapesData data;
    private final double descriptions;
    private final Processor processor;
    private final long seed;

    ShapesSource(ShapesData data, double descriptions, Processor processor, long seed) {
        this.data = data;
        this.descriptions = descriptions;
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
        Question question = question(data.questions(scene), new Draws(seed, position));
        Picture picture = new Picture("scene " + position, PngFile.of(data.render(scene)));
        return Optional.of(processor.example(
                List.of(Message.user(question.text(), picture), Message.assistant(question.answer()))));
    }

    private Question question(List<Question> questions, Draws draws) {
        if (draws.unit() < descriptions) {
            return questions.stream()
                    .filter(question -> question.kind() == QuestionKind.DESCRIPTION)
                    .findFirst()
                    .orElseThrow();
        }
        return draws.of(questions);
    }

    @Override
    public String identity() {
        return "shapes " + data.config() + " descriptions " + descriptions + " seed " + seed;
    }
}
