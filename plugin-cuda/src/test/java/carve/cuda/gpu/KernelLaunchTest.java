package carve.cuda.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelLaunchTest {
    @Test
    void argumentsLieAtMultiplesOfEight() {
        var structArgument = new KernelLaunch.StructArgument(7L, new int[] {1, 2}, 0.5f, true);
        KernelLaunch kernelLaunch = KernelLaunch.of(3, KernelLaunch.Grid.of(2), 1, 2f, structArgument, 9L);
        assertEquals(List.of(0, 8, 16, 40), kernelLaunch.offsets());
        ByteBuffer bytes = kernelLaunch.arguments().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(1, bytes.getInt(0));
        assertEquals(2f, bytes.getFloat(8));
        assertEquals(7, bytes.getLong(16));
        assertEquals(2, bytes.getInt(28));
        assertEquals(0.5f, bytes.getFloat(32));
        assertEquals(1, bytes.getInt(36));
        assertEquals(9, bytes.getLong(40));
        assertEquals(48, bytes.capacity());
    }

    @Test
    void doublesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> KernelLaunch.of(0, KernelLaunch.Grid.of(1), 0.5));
    }

    @Test
    void sameArgumentsMakeEqualLaunches() {
        KernelLaunch kernelLaunch = KernelLaunch.of(0, KernelLaunch.Grid.over(1000), 1L);
        assertEquals(kernelLaunch, KernelLaunch.of(0, KernelLaunch.Grid.over(1000), 1L));
        assertFalse(kernelLaunch.equals(KernelLaunch.of(0, KernelLaunch.Grid.over(1000), 2L)));
    }

    @Test
    void gridsCoverElements() {
        assertEquals(1, KernelLaunch.Grid.over(1).x());
        assertEquals(1, KernelLaunch.Grid.over(256).x());
        assertEquals(2, KernelLaunch.Grid.over(257).x());
        assertEquals(1 << 14, KernelLaunch.Grid.over(1L << 40).x());
    }
}
