package carve.models.data;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.text.Message;
import carve.testkit.CharacterProcessor;
import carve.testkit.DatasetContract;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The laws of data sets for {@code shapes}. */
final class ShapesDatasetContractTest extends DatasetContract {
    private static final class Letters extends CharacterProcessor {
        @Override
        public Sample trainingSample(List<Message> conversation) {
            int[] tokens = encode(conversation.getLast().text());
            return new Sample(tokens, new boolean[tokens.length], Map.of());
        }
    }

    @Override
    protected void write(Path folder) {
        // scenes are made, not read
    }

    @Override
    protected Dataset open(Path folder, long seed) {
        Map<QuestionKind, Double> weights = new EnumMap<>(QuestionKind.class);
        for (QuestionKind kind : QuestionKind.values()) {
            weights.put(kind, 1.0);
        }
        return new ShapesDataSource(new ShapesDataset(ShapesConfig.standard(42)), weights, 1, new Letters(), seed);
    }
}
