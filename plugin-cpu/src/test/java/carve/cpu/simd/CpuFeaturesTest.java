package carve.cpu.simd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Tests of reading the processor's features. */
final class CpuFeaturesTest {
    @Test
    void flagsSayWhetherBf16IsMultiplied() {
        assertTrue(CpuFeatures.supportsBf16("model name : x\nflags\t\t: fpu avx512f avx512_bf16 clzero\n"));
        assertTrue(CpuFeatures.supportsBf16("flags\t\t: fpu amx_bf16\n"));
        assertFalse(CpuFeatures.supportsBf16("flags\t\t: fpu avx512f avx512_vnni\n"));
        assertFalse(CpuFeatures.supportsBf16("model name : avx512_bf16\nFeatures : asimd bf16\n"));
        assertFalse(CpuFeatures.supportsBf16(""));
    }

    @Test
    void flagsSayWhetherBytesAreMultiplied() {
        String all = "flags\t\t: fpu avx512f avx512dq avx512bw avx512vl avx512_vnni clzero\n";
        assertTrue(CpuFeatures.supportsVnni(all));
        for (String flag : new String[] {"avx512f ", "avx512dq", "avx512bw", "avx512vl", "avx512_vnni"}) {
            assertFalse(CpuFeatures.supportsVnni(all.replace(flag, "")), flag);
        }
        assertFalse(CpuFeatures.supportsVnni(""));
    }
}
