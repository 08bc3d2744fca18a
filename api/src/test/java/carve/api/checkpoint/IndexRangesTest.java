package carve.api.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class IndexRangesTest {
    private static List<String> messages(String pattern, int... indices) {
        return IntStream.of(indices)
                .mapToObj(i -> pattern.replace("#", String.valueOf(i)))
                .toList();
    }

    @Test
    void layersBecomeRanges() {
        List<String> messages = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            messages.add("missing: layers.%d.mixer.q (model.layers.%d.q_proj.weight in the checkpoint) (64, 64)"
                    .formatted(i, i));
            messages.add("missing: layers.%d.norm (64)".formatted(i));
        }
        messages.add("missing: final_norm (64)");
        assertEquals(
                List.of(
                        "missing: layers.{0..29}.mixer.q (model.layers.{0..29}.q_proj.weight in the checkpoint) (64, 64)",
                        "missing: layers.{0..29}.norm (64)",
                        "missing: final_norm (64)"),
                IndexRanges.join(messages));
    }

    @Test
    void gapsAreTold() {
        assertEquals(
                List.of("a.{0..3,7,9,10,12..14}.b"),
                IndexRanges.join(messages("a.#.b", 7, 0, 1, 2, 3, 9, 10, 12, 13, 14)));
        assertEquals(List.of("no tensor 'x.{1,2}'"), IndexRanges.join(messages("no tensor 'x.#'", 1, 2)));
        assertEquals(List.of("a.5.b"), IndexRanges.join(messages("a.#.b", 5)));
    }

    @Test
    void expertsOfLayersBecomeTwoRanges() {
        List<String> messages = new ArrayList<>();
        for (int layer = 1; layer < 4; layer++) {
            for (int expert = 0; expert < 8; expert++) {
                messages.add("layers.%d.experts.%d.w1".formatted(layer, expert));
            }
        }
        assertEquals(List.of("layers.{1..3}.experts.{0..7}.w1"), IndexRanges.join(messages));
        messages.remove(9);
        assertEquals(
                List.of("layers.{1,3}.experts.{0..7}.w1", "layers.2.experts.{0,2..7}.w1"), IndexRanges.join(messages));
    }

    /** Blocks of a model that are counted from another number in the checkpoint. */
    @Test
    void shiftedIndicesAreOneRange() {
        List<String> messages = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            messages.add("layers.%d.w (model.layers.%d.w)".formatted(i + 8, i));
        }
        assertEquals(List.of("layers.{8..31}.w (model.layers.{0..23}.w)"), IndexRanges.join(messages));
    }

    @Test
    void otherNumbersAreNotIndices() {
        List<String> messages = List.of(
                "layers.0.w is (64), expected (32)",
                "layers.1.w is (96), expected (32)",
                "eps is 0.5, expected 1.5",
                "eps is 0.25, expected 1.5",
                "100% of 'model-00001-of-00002.safetensors'",
                "100% of 'model-00002-of-00002.safetensors'");
        assertEquals(messages, IndexRanges.join(messages));
    }

    @Test
    void aListIsBounded() {
        List<String> messages =
                IntStream.range(0, 100).mapToObj(i -> "problem of x" + i).toList();
        String message = CheckpointException.of("file", messages).getMessage();
        assertEquals("file: 100 problems:", message.lines().findFirst().orElseThrow());
        assertEquals("  and 40 more", message.lines().toList().getLast());
        assertEquals(
                "file: a.{0..9}",
                CheckpointException.of(
                                "file", messages("a.#", IntStream.range(0, 10).toArray()))
                        .getMessage());
    }
}
