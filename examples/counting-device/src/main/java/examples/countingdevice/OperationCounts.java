package examples.countingdevice;

import carve.api.device.DeviceException;
import carve.api.tensor.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.lang3.StringUtils;

/** Counts of operations by name. Confined to one thread, as the device is. */
final class OperationCounts {
    private final Map<String, Long> counts = new TreeMap<>();

    void add(String name) {
        counts.merge(name, 1L, Long::sum);
    }

    /** Returns the count of an operation. */
    long of(String name) {
        return counts.getOrDefault(name, 0L);
    }

    Map<String, Long> asMap() {
        return Collections.unmodifiableMap(counts);
    }

    /** Returns the name that a primitive is counted under: {@code mat-mul} for {@link Op.MatMul}. */
    static String name(Op op) {
        String[] words = StringUtils.splitByCharacterTypeCamelCase(op.getClass().getSimpleName());
        return StringUtils.join(words, '-').toLowerCase(Locale.ROOT);
    }

    /** Writes lines of a name and its count to a file, most frequent first. */
    void write(Path file) {
        List<String> lines = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
                .map(entry -> StringUtils.rightPad(entry.getKey(), 32)
                        + StringUtils.leftPad(entry.getValue().toString(), 12))
                .toList();
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new DeviceException(
                    "counting: %s cannot be written: %s; name another file in".formatted(file, e.getMessage())
                            + " carve.devices.counting.report");
        }
    }
}
