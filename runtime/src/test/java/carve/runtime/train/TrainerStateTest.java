package carve.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The state of a run is read back as it was written, and that of another version is refused. */
final class TrainerStateTest {
    private static final TrainerState STATE = new TrainerState(
            40,
            new DataPosition(320, 3),
            12345,
            6.5,
            8.75,
            List.of(1.25, 1.5),
            "abc",
            Map.of("steps", "100"),
            new RunEnvironment(Map.of("device", "cpu")));

    @Test
    void stateIsReadBack() {
        assertEquals(STATE, TrainerState.of(Json.parseObject(Json.compact(STATE.json()), "checkpoint")));
    }

    @Test
    void anotherVersionIsRefused() {
        String earlier = Json.compact(STATE.json()).replace("\"version\":2", "\"version\":1");
        assertEquals(
                "checkpoint: version: is 1, written by an earlier or later version of Carve; this one reads 2: start a new run in"
                        + " another folder",
                assertThrows(JsonException.class, () -> TrainerState.of(Json.parseObject(earlier, "checkpoint")))
                        .getMessage());
    }
}
