package carve.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** A description of the machine, without anything that identifies it. */
final class HostInfo {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");

    private HostInfo() {}

    /** Returns the processor, the memory, the system and the Java that runs this. */
    static String description() {
        return "%s, %d cores for this program, vectors of %d bits; %s of memory; %s %s; Java %s"
                .formatted(
                        value(PROCESSORS, "model name", System.getProperty("os.arch")),
                        Runtime.getRuntime().availableProcessors(),
                        FloatVector.SPECIES_PREFERRED.vectorBitSize(),
                        value(MEMORY, "MemTotal", "an unknown amount"),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"),
                        Runtime.version());
    }

    /** Returns how many threads want a core, over the last minute; negative where the system does not tell. */
    static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static String value(Path file, String key, String otherwise) {
        if (!Files.isReadable(file)) {
            return otherwise;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.stream()
                    .filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(otherwise);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
