package carve.cpu.simd;

import carve.cpu.memory.NativeMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The features of the processor, as the system reports them. */
public final class CpuFeatures {
    private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
    private static final int FIRST = 4096; // the flags of one processor; systems with hundreds are slow to describe all

    /**
     * True if vectors multiply and add in one instruction, which every kernel does: on x86-64 since AVX2, elsewhere always. The JVM
     * would compute each in software, a thousand times slower.
     */
    public static final boolean HAS_FMA = NativeMemory.LANES > 4
            || !List.of("amd64", "x86_64", "x86", "i386").contains(System.getProperty("os.arch"));

    /** The reason against kernels where it has none. */
    public static final String NO_FMA_REASON = "neither AVX2 nor AVX-512 is available to this JVM";

    private static final Set<String> VNNI = Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni");

    private CpuFeatures() {}

    /** Returns whether there are instructions that multiply BF16, as far as the system says. */
    public static boolean supportsBf16() {
        return supportsBf16(description());
    }

    /** Returns whether there are instructions that multiply and add bytes in 512 bits, as far as the system says. */
    public static boolean supportsVnni() {
        return supportsVnni(description());
    }

    private static String description() {
        try (InputStream in = Files.newInputStream(DESCRIPTION)) {
            return new String(in.readNBytes(FIRST), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return ""; // not Linux: nothing is known
        }
    }

    /** Returns whether a description has a flag for products of BF16. */
    static boolean supportsBf16(String description) {
        return flags(description).anyMatch(Set.of("avx512_bf16", "amx_bf16")::contains);
    }

    /** Returns whether a description has the flags for products of bytes. */
    static boolean supportsVnni(String description) {
        return flags(description).collect(Collectors.toSet()).containsAll(VNNI);
    }

    private static Stream<String> flags(String description) {
        return description
                .lines()
                .filter(line -> line.startsWith("flags"))
                .flatMap(line -> Arrays.stream(line.split("\\s+")));
    }
}
