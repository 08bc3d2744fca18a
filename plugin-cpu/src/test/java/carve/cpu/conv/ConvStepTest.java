package carve.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.cpu.config.CpuConfig;
import carve.cpu.jit.JitSupport;
import carve.cpu.memory.NativeMemory;
import carve.testkit.LoggedAssumptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step of a convolution has the bits of one channel after the other, and writes nothing beside. */
final class ConvStepTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 13, 16, 63, 64, 65, 200})
    void codeIsWhatOneChannelAfterTheOtherIs(int channels) {
        LoggedAssumptions.assumeTrue(
                JitSupport.reasonAgainst(CpuConfig.MachineCodeMode.AUTO).isEmpty(),
                "machine code is for x86-64 Linux with AVX-512");
        try (ConvStep code = new JitConvStep()) {
            assertArrayEquals(run(new ScalarConvStep(), 4, channels), run(code, 4, channels));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 13, 16, 63, 64, 65, 200})
    void twoTapsAreWhatOneChannelAfterTheOtherIs(int channels) {
        assertArrayEquals(run(ConvStepTest::twoTaps, 2, channels), run(new TwoTapConvStep(), 2, channels));
    }

    private static void twoTaps(long x, long weight, long bias, long state, long y, long next, int channels) {
        for (int c = 0; c < channels; c++) {
            float input = NativeMemory.get(x + 4L * c);
            float before = Math.fma(
                    NativeMemory.get(weight + 8L * c),
                    NativeMemory.get(state + 4L * c),
                    NativeMemory.get(bias + 4L * c));
            NativeMemory.set(y + 4L * c, Math.fma(NativeMemory.get(weight + 8L * c + 4), input, before));
            NativeMemory.set(next + 4L * c, input);
        }
    }

    /** Returns everything that lies in memory afterwards: operands, results, and values behind each. */
    private static float[] run(ConvStep step, int taps, int channels) {
        SplittableRandom random = new SplittableRandom(42);
        int[] each = {1, taps, 1, taps - 1, 1, taps - 1};
        long[] at = new long[each.length];
        try (Arena arena = Arena.ofConfined()) {
            int all = Arrays.stream(each).map(n -> n * channels + 1).sum();
            MemorySegment memory = arena.allocate(4L * all, 4);
            for (int i = 0; i < all; i++) {
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
            }
            long next = memory.address();
            for (int i = 0; i < each.length; i++) {
                at[i] = next;
                next += 4L * (each[i] * channels + 1);
            }
            step.run(at[0], at[1], at[2], at[3], at[4], at[5], channels);
            return memory.toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
