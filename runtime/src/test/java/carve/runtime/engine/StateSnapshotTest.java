package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
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

    // of a prompt of nine tokens, in chunks of eight
    private static PrefixKeys keys(int first) {
        return PrefixKeys.of(Prompt.text(first, 2, 3, 4, 5, 6, 7, 8, 9), "model", 8);
    }

    /** Whatever the budget is, also between two chunks, and until nobody needs it. */
    @Test
    void pinnedSnapshotsStay() {
        PrefixCache cache = new PrefixCache(0, Optional.empty(), Optional.empty(), new EngineMetrics());
        Prompt prompt = Prompt.text(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        PrefixKeys keys = PrefixKeys.of(prompt, "model", 5);
        StateSnapshot pinned = cache.pin(snapshot(keys.at(8)), keys.boundary(1));
        assertSame(pinned, cache.pin(snapshot(keys.at(8)), keys.boundary(1)));
        for (int released = 0; released < 2; released++) {
            try (StateSnapshot found = cache.longestMatch(keys, 11).orElseThrow()) {
                assertSame(pinned, found);
            }
            assertEquals(Optional.empty(), cache.longestMatch(keys, 7));
            PrefixKeys other = PrefixKeys.of(Prompt.text(1, 2, 3, 4, 5, 6, 7, 9, 9, 10), "model", 5);
            assertEquals(Optional.empty(), cache.longestMatch(other, 9));
            cache.release(pinned.key());
        }
        assertEquals(Optional.empty(), cache.longestMatch(keys, 11));
        assertThrows(IllegalStateException.class, () -> read(pinned));
        cache.close();
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
        PrefixKeys a = keys(1);
        PrefixKeys b = keys(2);
        List<StateSnapshot> made = List.of(snapshot(a.at(8)), snapshot(b.at(8)), snapshot("c"));
        cache.put(made.get(0));
        cache.put(made.get(1));
        StateSnapshot used = cache.longestMatch(a, 8).orElseThrow();
        cache.put(made.get(2));
        // b was used least recently
        assertEquals(2 * BYTES, cache.bytes());
        assertThrows(IllegalStateException.class, () -> read(made.get(1)));
        assertEquals(Optional.empty(), cache.longestMatch(b, 8));
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
