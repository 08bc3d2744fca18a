package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.testkit.CharacterProcessor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ShapesDataSourceTest {
    /** Remembers what it was asked to make samples of. */
    private static final class Listener extends CharacterProcessor {
        private final List<List<Message>> heard = new ArrayList<>();

        @Override
        public Sample trainingSample(List<Message> conversation) {
            heard.add(conversation);
            return new Sample(new int[1], new boolean[1], Map.of());
        }
    }

    private static Dataset open(Processor processor, Object share, long seed) {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "seed",
                1,
                "image-size",
                48,
                "min-shapes",
                1,
                "max-shapes",
                4,
                "min-recall-pairs",
                2,
                "max-recall-pairs",
                16,
                "test-percent",
                10,
                "light-background-percent",
                0));
        settings.put("turns", 1);
        Map<String, Object> shares =
                new HashMap<>(Map.of("count", 1, "colour", 0, "shape", 0, "position", 0, "existence", 0, "recall", 0));
        shares.put("description", share);
        settings.put("question-weights", shares);
        return new ShapesDataProvider().open(MapSettings.of(settings, "train.conf: 3"), processor, seed);
    }

    private static List<String> questions(Object share, long seed) {
        Listener listener = new Listener();
        Dataset source = open(listener, share, seed);
        for (int i = 0; i < 100; i++) {
            assertTrue(source.sample(i).isPresent());
        }
        return listener.heard.stream()
                .map(conversation -> conversation.getFirst().text())
                .toList();
    }

    @Test
    void samplesAreAFunctionOfTheirNumber() {
        assertEquals(questions(1, 42), questions(1, 42));
        assertTrue(!questions(1, 42).equals(questions(1, 43)), "another seed asks other questions");
    }

    @Test
    void kindsHaveTheirShares() {
        assertTrue(questions(0, 42).stream().allMatch(question -> question.startsWith("how many ")));
        long some =
                questions(1, 42).stream().filter("describe the picture"::equals).count();
        assertTrue(some > 35 && some < 65, "descriptions: " + some);
    }

    @Test
    void sharesOutOfRangeAreRefused() {
        SettingsException e = assertThrows(SettingsException.class, () -> open(new Listener(), -1.5, 42));
        assertEquals("train.conf: 3: question-weights: key 'description' must be 0 or more, is -1.5", e.getMessage());
    }
}
