package carve.bench.attack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The resources of a server's process at a moment, on Linux.
 *
 * @param second of the measurement
 * @param residentMib memory of the process
 * @param heapMib used heap
 * @param statesMib states of running requests
 * @param threads of the system
 * @param descriptors open files and connections
 */
record ProcessSample(long second, long residentMib, long heapMib, double statesMib, long threads, long descriptors) {
    static final String HEADING =
            "| second | process, MiB | heap, MiB | states, MiB | threads | descriptors |\n| ---: | ---: | ---: | ---: | ---: | ---: |";
    private static final double MIB = 1 << 20;

    /** Returns the resources of a process. */
    static ProcessSample of(HttpClient client, URI server, long pid, long second) throws InterruptedException {
        try {
            Path process = Path.of("/proc", Long.toString(pid));
            String metrics = client.send(
                            HttpRequest.newBuilder(server.resolve("/metrics")).build(), BodyHandlers.ofString())
                    .body();
            return new ProcessSample(
                    second,
                    Math.round(metric(metrics, "process_resident_memory_bytes") / MIB),
                    Math.round(metric(metrics, "carve_heap_used_bytes") / MIB),
                    metric(metrics, "carve_state_bytes") / MIB,
                    entries(process.resolve("task")),
                    entries(process.resolve("fd")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // the sum over models
    private static double metric(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static long entries(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.count();
        }
    }

    /** Returns a row of a table. */
    String row() {
        return "| %d | %d | %d | %.1f | %d | %d |"
                .formatted(second, residentMib, heapMib, statesMib, threads, descriptors);
    }
}
