package carve.api.param;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ParamStoreTest {
    private final Device device = new ReferenceDevice();
    private final ParamStore store = new ParamStore(device);

    @AfterEach
    void close() {
        store.close();
        device.close();
    }

    @Test
    void namesKeepTheOrderOfTheModel() {
        store.put("z", Tensors.ones(device, Shape.of(2)));
        store.put("a", Tensors.ones(device, Shape.of(3)));
        store.put("z", Tensors.zeros(device, Shape.of(2)));
        assertEquals(List.of("z", "a"), List.copyOf(store.names()));
        assertEquals(List.of("z", "a"), store.select(Selector.of("*")));
        assertEquals(5, store.size());
        assertEquals(20, store.bytes());
        assertArrayEquals(new float[] {0, 0}, store.get("z").floats());
    }

    @Test
    void whatIsStoredOutlivesScopes() {
        Scope.run(device, () -> store.put("w", Tensors.ones(device, Shape.of(2))));
        assertArrayEquals(new float[] {1, 1}, store.get("w").floats());
        assertEquals(0, device.context().scopes().liveBuffers());
    }

    @Test
    void unknownNamesAreAnsweredWithSuggestions() {
        store.put("layers.0.mixer.A_log", Tensors.ones(device, Shape.of(2)));
        assertEquals(
                "no parameter 'layers.0.mixer.A_lg'; did you mean 'layers.0.mixer.A_log'?",
                assertThrows(ParamException.class, () -> store.get("layers.0.mixer.A_lg"))
                        .getMessage());
    }

    @Test
    void partsSeeWhatIsUnderTheirPrefix() {
        store.put("layers.0.mixer.A_log", Tensors.ones(device, Shape.of(2)));
        Params mixer = store.under("layers.0").under("mixer");
        assertEquals(Shape.of(2), mixer.get("A_log").shape());
        Params over = Params.overlay(Map.of("A_log", Tensors.zeros(device, Shape.of(2))), mixer);
        assertArrayEquals(new float[] {0, 0}, over.get("A_log").floats());
    }

    @Test
    void initialValuesAreAFunctionOfSeedAndName() {
        List<ParamSpec> specs = List.of(
                new ParamSpec("a", Shape.of(3), Init.normal(1)),
                new ParamSpec("b", Shape.of(3), Init.normal(1)).under("c"));
        try (ParamStore one = ParamStore.initial(device, specs, 42);
                ParamStore other = ParamStore.initial(device, specs.reversed(), 42)) {
            assertArrayEquals(one.get("a").floats(), other.get("a").floats());
            assertArrayEquals(one.get("c.b").floats(), other.get("c.b").floats());
        }
    }
}
