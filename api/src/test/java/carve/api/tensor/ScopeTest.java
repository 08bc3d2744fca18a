package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ScopeTest {
    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private int live() {
        return device.context().scopes().liveBuffers();
    }

    private Tensor make() {
        return Tensors.of(device, Shape.of(2), 1f, 2f).exp().log();
    }

    @Test
    void whatIsReturnedSurvivesWhateverHoldsIt() {
        Scope.run(device, () -> {
            make();
        });
        assertEquals(0, live());
        Scope.run(device, () -> make());
        assertEquals(1, live(), "a tensor");
        Scope.run(device, () -> List.of(make(), Optional.of(make())));
        assertEquals(3, live(), "a list with an optional");
        Scope.run(device, () -> Map.of("a", make(), "b", List.of(make())));
        assertEquals(5, live(), "the values of a map");
        Scope.run(device, () -> make().reshape(1, 2));
        assertEquals(6, live(), "a tensor that shares the buffer of one that dies");
    }

    @Test
    void whatIsReturnedPassesToTheOuterScope() {
        Scope.run(device, () -> {
            Tensor inner = Scope.run(device, () -> make());
            assertArrayEquals(new float[] {1, 2}, inner.floats(), 1e-6f);
        });
        assertEquals(0, live());
    }

    @Test
    void whatIsKeptBelongsToWhoKeepsIt() {
        Tensor kept = Scope.run(device, () -> List.of(Scope.keep(make()))).getFirst();
        assertEquals(0, live());
        assertArrayEquals(new float[] {1, 2}, kept.floats(), 1e-6f);
    }

    @Test
    void failingBodiesReleaseToo() {
        IllegalStateException thrown = new IllegalStateException("on purpose");
        IllegalStateException caught = assertThrows(
                IllegalStateException.class,
                () -> Scope.run(device, () -> {
                    make();
                    Scope.run(device, () -> {
                        make();
                        throw thrown;
                    });
                }));
        assertSame(thrown, caught);
        assertEquals(0, live());
    }
}
