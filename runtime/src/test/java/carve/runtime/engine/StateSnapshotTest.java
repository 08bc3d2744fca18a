package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Memory of snapshots is there as long as somebody uses it, and no longer. */
final class StateSnapshotTest {
    private static final TensorType TYPE = TensorType.f32(4);
    private static final long BYTES = TYPE.bytes();
    private static final SnapshotLayout LAYOUT = SnapshotLayout.of(List.of(Map.of("state", TYPE)));

    private static StateSnapshot snapshot(String key) {
        return new StateSnapshot(key, 8, LAYOUT, (_, values) -> values.set(ValueLayout.JAVA_FLOAT, 0, 42));
    }

    private static float read(StateSnapshot stateSnapshot) {
        return stateSnapshot.tensors().data("0.state").get(ValueLayout.JAVA_FLOAT, 0);
    }

    @Test
    void lastUserReleasesIt() {
        StateSnapshot stateSnapshot = snapshot("a");
        StateSnapshot shared = stateSnapshot.retain();
        stateSnapshot.close();
        assertEquals(42, read(shared));
        shared.close();
        assertThrows(IllegalStateException.class, () -> read(shared));
    }

    @Test
    void cacheKeepsItsBudgetAndReleasesTheRest() {
        PrefixCache cache = new PrefixCache(2 * BYTES, Optional.empty(), Optional.empty(), new EngineMetrics());
        List<StateSnapshot> made = List.of(snapshot("a"), snapshot("b"), snapshot("c"));
        cache.put(made.get(0));
        cache.put(made.get(1));
        StateSnapshot used = cache.longestMatch(List.of("a")).orElseThrow();
        cache.put(made.get(2));
        // b was used least recently
        assertEquals(2 * BYTES, cache.bytes());
        assertThrows(IllegalStateException.class, () -> read(made.get(1)));
        assertEquals(Optional.empty(), cache.longestMatch(List.of("b")));
        cache.close();
        assertEquals(42, read(used));
        used.close();
        made.forEach(stateSnapshot -> assertThrows(IllegalStateException.class, () -> read(stateSnapshot)));
    }

    @Test
    void oneOfTheSameKeyTakesThePlaceOfTheOther() {
        PrefixCache cache = new PrefixCache(2 * BYTES, Optional.empty(), Optional.empty(), new EngineMetrics());
        StateSnapshot first = snapshot("a");
        cache.put(first);
        cache.put(snapshot("a"));
        assertThrows(IllegalStateException.class, () -> read(first));
        assertEquals(List.of(BYTES, 1L), List.of(cache.bytes(), (long) cache.size()));
        cache.close();
    }
}
