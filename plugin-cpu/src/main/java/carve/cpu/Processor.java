package carve.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What the system says of the processor. */
final class Processor {
    private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");
    private static final int FIRST = 4096; // the flags of one processor; systems with hundreds are slow to describe all

    private Processor() {}

    /** Returns whether there are instructions that multiply BF16, as far as the system says. */
    static boolean multipliesBf16() {
        try (InputStream in = Files.newInputStream(DESCRIPTION)) {
            return multipliesBf16(new String(in.readNBytes(FIRST), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return false; // not Linux: nothing is known
        }
    }

    /** Returns whether a description has a flag for products of BF16. */
    static boolean multipliesBf16(String description) {
        return description
                .lines()
                .filter(line -> line.startsWith("flags"))
                .flatMap(line -> Arrays.stream(line.split("\\s+")))
                .anyMatch(flag -> flag.equals("avx512_bf16") || flag.equals("amx_bf16"));
    }
}
