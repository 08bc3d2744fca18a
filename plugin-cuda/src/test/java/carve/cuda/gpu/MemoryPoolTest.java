package carve.cuda.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.cuda.RecordingDriver;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MemoryPoolTest {
    private static final long MIB = 1 << 20;

    private final RecordingDriver driver = new RecordingDriver(16 * MIB);
    private final MemoryPool pool = new MemoryPool(driver, driver::synchronize);

    @Test
    void whatIsGivenBackIsUsedAgain() {
        GpuBuffer first = pool.allocate(1000);
        long address = first.address();
        first.close();
        assertEquals(address, pool.allocate(1024).address());
        assertNotEquals(address, pool.allocate(1024).address());
        assertEquals(List.of("allocate 1024", "allocate 1024"), driver.calls());
    }

    @Test
    void closingTwiceGivesBackOnce() {
        GpuBuffer first = pool.allocate(8);
        first.close();
        first.close();
        assertNotEquals(pool.allocate(8).address(), pool.allocate(8).address());
        assertThrows(DeviceException.class, first::address);
    }

    @Test
    void countsWhatIsUsedAndTheMostThatWas() {
        GpuBuffer first = pool.allocate(4 * MIB);
        GpuBuffer second = pool.allocate(100);
        assertEquals(4 * MIB + 512, pool.usedBytes());
        first.close();
        second.close();
        assertEquals(0, pool.usedBytes());
        assertEquals(4 * MIB + 512, pool.peakBytes());
        assertEquals(4 * MIB + 512, pool.cachedBytes());
        assertEquals("0 KiB allocated, 4 MiB peak, 4 MiB cached, of 16 MiB on a card on paper", pool.toString());
    }

    @Test
    void whatIsKeptMakesRoomForWhatIsAsked() {
        pool.allocate(10 * MIB).close();
        driver.calls();
        pool.allocate(12 * MIB);
        assertEquals(List.of("allocate " + 12 * MIB, "synchronize", "release", "allocate " + 12 * MIB), driver.calls());
        assertEquals(0, pool.cachedBytes());
    }

    // a state that is replaced, between what lives for the step alone
    private List<Long> step(GpuBuffer[] state) {
        GpuBuffer first = pool.allocate(100);
        GpuBuffer next = pool.allocate(100);
        state[0].close();
        state[0] = next;
        GpuBuffer last = pool.allocate(100);
        List<Long> addresses = List.of(first.address(), next.address(), last.address());
        last.close();
        first.close();
        pool.nextStep();
        return addresses;
    }

    @Test
    void turnsOfOneSeriesHaveTheirPiecesAgain() {
        GpuBuffer[] state = {pool.allocate(100)};
        List<List<Long>> turns =
                IntStream.range(0, 12).mapToObj(i -> step(state)).toList();
        for (int i = 6; i < 12; i++) {
            assertEquals(turns.get(i - 2), turns.get(i), "turn " + i);
        }
        assertNotEquals(turns.get(10), turns.get(11));
    }

    @Test
    void refusalSaysWhatIsInUse() {
        pool.allocate(10 * MIB);
        pool.allocate(600);
        var refusal = assertThrows(DeviceException.class, () -> pool.allocate(8 * MIB));
        assertEquals(
                "gpu: out of memory: tried to allocate 8 MiB; 10 MiB allocated by 2 tensors, the largest of 10 MiB, 5 MiB of 16 MiB free on a card on paper; reduce the batch size or the sequence length, or enable activation recomputation",
                refusal.getMessage());
    }
}
