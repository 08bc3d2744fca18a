package carve.app.serve.openai;

import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.runtime.engine.EngineMetrics;
import carve.runtime.engine.ModelEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** {@code GET /metrics}: what models count, in the text form of Prometheus. */
public final class MetricsHandler implements RequestHandler {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final Map<String, ToDoubleFunction<ModelEngine>> GAUGES = gauges();

    private final ServedModels servedModels;

    /** Makes the handler for these models. */
    public MetricsHandler(ServedModels servedModels) {
        this.servedModels = servedModels;
    }

    private static Map<String, ToDoubleFunction<ModelEngine>> gauges() {
        Map<String, ToDoubleFunction<ModelEngine>> gauges = new LinkedHashMap<>();
        gauges.put("requests_running", engine -> engine.metrics().active());
        gauges.put("requests_waiting", engine -> engine.metrics().waiting());
        gauges.put("state_bytes", engine -> engine.metrics().stateBytes());
        gauges.put("live_buffers", engine -> engine.metrics().liveBuffers());
        gauges.put("prefix_cache_entries", ModelEngine::cacheSize);
        gauges.put("prefix_cache_bytes", ModelEngine::cacheBytes);
        gauges.put("prefix_cache_disk_bytes", ModelEngine::cacheDiskBytes);
        gauges.put("saved_states_bytes", ModelEngine::pinnedBytes);
        gauges.put("up", engine -> engine.isRunning() ? 1 : 0);
        return gauges;
    }

    @Override
    public void handle(HttpCall httpCall) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String name : servedModels
                .all()
                .iterator()
                .next()
                .engine()
                .metrics()
                .counters()
                .keySet()) {
            family(
                    text,
                    "carve_" + name + "_total",
                    "counter",
                    engine -> counters(engine).get(name));
        }
        GAUGES.forEach((name, value) -> family(text, "carve_" + name, "gauge", value));
        Runtime runtime = Runtime.getRuntime();
        text.append("# TYPE carve_heap_used_bytes gauge\ncarve_heap_used_bytes ")
                .append(runtime.totalMemory() - runtime.freeMemory())
                .append('\n');
        resident()
                .ifPresent(bytes -> text.append(
                                "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ")
                        .append(bytes)
                        .append('\n'));
        httpCall.send(200, TYPE, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    // only Linux tells
    private static Optional<Long> resident() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst();
        }
    }

    private static Map<String, Double> counters(ModelEngine engine) {
        EngineMetrics engineMetrics = engine.metrics();
        return engineMetrics.counters();
    }

    private void family(StringBuilder text, String name, String type, ToDoubleFunction<ModelEngine> value) {
        text.append("# TYPE %s %s\n".formatted(name, type));
        for (ServedModel model : servedModels.all()) {
            double number = value.applyAsDouble(model.engine());
            String shown = number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
            text.append("%s{model=\"%s\"} %s\n".formatted(name, escaped(model.name()), shown));
        }
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
