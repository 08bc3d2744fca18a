package carve.bench;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.param.CounterRandom;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks a server that runs: one client alone first, then many at once, with prompts and answers of mixed lengths. Prints what
 * they got, what went wrong, and what the server took meanwhile; {@code bench/load.sh} starts a server for it.
 *
 * <p>Each reply is counted by its own account of tokens, and must have as many as were asked for, since {@code ignore_eos} is
 * asked for, too: a reply with fewer is lost work. One client alone is measured before and after the many, by the better of the two.
 */
public final class ServingBenchmark {
    private static final String USAGE = """
            bench/load.sh [--model FOLDER] [--seconds 300] [--clients 64] [--json bench/target/load.json]
            """;
    private static final String[] WORDS =
            "the a red blue green star circle square what shape is color of how many left right top bottom describe picture"
                    .split(" ");
    private static final int BUSY = 429;
    private static final int FINE = 200;
    private static final double BILLION = 1e9;
    private static final double MINUTE = 60;
    private static final int LONGEST_PROMPT = 200;
    private static final int LONGEST_ANSWER = 64;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final PrintStream out;
    private final URI server;
    private final String model;

    private ServingBenchmark(PrintStream out, URI server, String model) {
        this.out = out;
        this.server = server;
        this.model = model;
    }

    /** The replies that clients got in a phase. */
    private static final class Statistics {
        private final AtomicLong tokens = new AtomicLong();
        private final AtomicLong prompts = new AtomicLong();
        private final AtomicLong cached = new AtomicLong();
        private final Map<Integer, AtomicLong> statuses = new ConcurrentSkipListMap<>();
        private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
        private final Queue<Double> seconds = new ConcurrentLinkedQueue<>();
        private double elapsed;

        void status(int status) {
            statuses.computeIfAbsent(status, _ -> new AtomicLong()).incrementAndGet();
        }

        double speed() {
            return tokens.get() / elapsed;
        }

        double quantile(double share) {
            List<Double> sorted = seconds.stream().sorted().toList();
            return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, share * sorted.size()));
        }
    }

    /**
     * Measures the server at an address.
     *
     * @param line the address and options
     */
    public static void main(String... line) throws IOException, InterruptedException {
        if (line.length == 0 || line.length % 2 == 0) {
            System.out.print(USAGE);
            System.exit(2);
        }
        Map<String, String> given = new HashMap<>();
        for (int i = 1; i < line.length; i += 2) {
            given.put(line[i], line[i + 1]);
        }
        ServingBenchmark servingBenchmark =
                new ServingBenchmark(System.out, URI.create(line[0]), given.getOrDefault("--name", "model"));
        boolean fine = servingBenchmark.run(
                Integer.parseInt(given.getOrDefault("--seconds", "300")),
                Integer.parseInt(given.getOrDefault("--clients", "64")),
                Path.of(given.getOrDefault("--json", "bench/target/load.json")));
        System.exit(fine ? 0 : 1);
    }

    private boolean run(int seconds, int clients, Path json) throws IOException, InterruptedException {
        phase(clients, Math.max(2, seconds / 15), 1, new ArrayList<>());
        int alone = Math.max(3, seconds / 10);
        Statistics before = phase(1, alone, 2, new ArrayList<>());
        List<JsonValue> memory = new ArrayList<>();
        Statistics many = phase(clients, seconds, 3, memory);
        Statistics after = phase(1, alone, 4, new ArrayList<>());
        Statistics one = before.speed() > after.speed() ? before : after;
        out.println(
                "| clients | seconds | requests | prompt tokens | of them cached | answer tokens | tokens/s | median s | 95 % s | statuses |");
        out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        row(1, one);
        row(clients, many);
        out.printf(
                Locale.ROOT,
                "%nthroughput of %d clients against one: %.2f times%n",
                clients,
                many.speed() / one.speed());
        memory(memory);
        many.wrong.stream().limit(10).forEach(out::println);
        boolean fine = many.wrong.isEmpty() && one.wrong.isEmpty();
        out.printf("wrong replies: %d%n", many.wrong.size());
        Files.createDirectories(json.toAbsolutePath().getParent());
        Files.writeString(
                json,
                Json.print(JsonObject.empty()
                                .with("one", json(one))
                                .with("many", json(many).with("clients", clients))
                                .with("ratio", many.speed() / one.speed())
                                .with("memory", new JsonArray(memory)))
                        + "\n");
        return fine;
    }

    private void row(int clients, Statistics statistics) {
        out.printf(
                Locale.ROOT,
                "| %d | %.0f | %d | %d | %d | %d | %.1f | %.2f | %.2f | %s |%n",
                clients,
                statistics.elapsed,
                statistics.seconds.size(),
                statistics.prompts.get(),
                statistics.cached.get(),
                statistics.tokens.get(),
                statistics.speed(),
                statistics.quantile(0.5),
                statistics.quantile(0.95),
                statistics.statuses);
    }

    private static JsonObject json(Statistics statistics) {
        return JsonObject.empty()
                .with("seconds", statistics.elapsed)
                .with("requests", statistics.seconds.size())
                .with("prompt_tokens", statistics.prompts.get())
                .with("cached_tokens", statistics.cached.get())
                .with("answer_tokens", statistics.tokens.get())
                .with("tokens_per_second", statistics.speed())
                .with("median_seconds", statistics.quantile(0.5))
                .with("statuses", statistics.statuses.toString())
                .with("wrong", statistics.wrong.size());
    }

    // at the end of each minute, or more often where there are few of them
    private void memory(List<JsonValue> samples) {
        List<JsonObject> all = samples.stream().map(JsonObject.class::cast).toList();
        double last = all.isEmpty() ? 0 : second(all.getLast());
        double every = last >= 2 * MINUTE ? MINUTE : Math.max(1, last / 6);
        List<JsonObject> shown = new ArrayList<>();
        for (JsonObject sample : all) {
            if (second(sample) >= every * (shown.size() + 1) - 1) {
                shown.add(sample);
            }
        }
        out.println();
        out.println("| second | process, MiB | heap, MiB | sessions, MiB | snapshots in memory, MiB |");
        out.println("| ---: | ---: | ---: | ---: | ---: |");
        List<String> names = List.of(
                "process_resident_memory_bytes",
                "carve_heap_used_bytes",
                "carve_state_bytes",
                "carve_prefix_cache_bytes");
        for (JsonObject sample : shown) {
            StringBuilder row = new StringBuilder("| %.0f |".formatted(second(sample)));
            for (String name : names) {
                String value = sample.value(name)
                        .map(bytes -> "%.0f".formatted(((JsonNumber) bytes).real() / (1 << 20)))
                        .orElse("");
                row.append(' ').append(value).append(" |");
            }
            out.println(row);
        }
        out.println();
    }

    private static double second(JsonObject sample) {
        return ((JsonNumber) sample.value("second").orElseThrow()).real();
    }

    private Statistics phase(int clients, int seconds, int number, List<JsonValue> memory) throws InterruptedException {
        Statistics statistics = new Statistics();
        long began = System.nanoTime();
        long end = began + seconds * 1_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            CounterRandom random = new CounterRandom(42 + number, "client " + i);
            threads.add(Thread.ofVirtual().start(() -> client(random, end, statistics)));
        }
        while (System.nanoTime() < end) {
            Thread.sleep(Math.max(1, Math.min(5000, (end - System.nanoTime()) / 1_000_000)));
            sample(memory, (System.nanoTime() - began) / BILLION);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        statistics.elapsed = (System.nanoTime() - began) / BILLION;
        return statistics;
    }

    private void client(CounterRandom random, long end, Statistics statistics) {
        for (int request = 0; System.nanoTime() < end; request++) {
            int words = 1 + random.below(4 * request, LONGEST_PROMPT);
            int tokens = 1 + random.below(4 * request + 1, LONGEST_ANSWER);
            try {
                ask(prompt(random, request, words), tokens, statistics);
            } catch (IOException | JsonException e) {
                statistics.wrong.add(e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static String prompt(CounterRandom random, int request, int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(WORDS[random.below(1000 + request * LONGEST_PROMPT + i, WORDS.length)])
                    .append(' ');
        }
        return text.toString().strip();
    }

    private void ask(String prompt, int tokens, Statistics statistics) throws IOException, InterruptedException {
        JsonObject body = JsonObject.empty()
                .with("model", model)
                .with("prompt", prompt)
                .with("max_tokens", tokens)
                .with("temperature", 0.7)
                .with("seed", tokens)
                .with("ignore_eos", true);
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/completions"))
                .POST(BodyPublishers.ofString(Json.compact(body)))
                .build();
        long began = System.nanoTime();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        statistics.status(response.statusCode());
        if (response.statusCode() == BUSY) {
            Thread.sleep(200);
        } else if (response.statusCode() == FINE) {
            statistics.seconds.add((System.nanoTime() - began) / BILLION);
            JsonObject usage = Json.parseObject(response.body(), "reply").object("usage");
            statistics.tokens.addAndGet(usage.integer("completion_tokens"));
            statistics.prompts.addAndGet(usage.integer("prompt_tokens"));
            statistics.cached.addAndGet(usage.object("prompt_tokens_details").integer("cached_tokens"));
            if (usage.integer("completion_tokens") != tokens) {
                statistics.wrong.add("%d tokens, not %d".formatted(usage.integer("completion_tokens"), tokens));
            }
        } else {
            statistics.wrong.add(response.statusCode() + " " + response.body());
        }
    }

    private void sample(List<JsonValue> memory, double second) {
        try {
            String text = http.send(
                            HttpRequest.newBuilder(server.resolve("/metrics")).build(), BodyHandlers.ofString())
                    .body();
            Map<String, JsonValue> values = new TreeMap<>();
            values.put("second", JsonNumber.of(second));
            for (String line : text.split("\n")) {
                String name = line.replaceFirst("[{ ].*", "");
                if (!line.startsWith("#")
                        && (name.endsWith("_bytes") || name.endsWith("_active") || name.endsWith("buffers"))) {
                    values.put(name, JsonNumber.of(Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
                }
            }
            memory.add(JsonObject.of(values));
        } catch (IOException e) {
            out.println("metrics: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
