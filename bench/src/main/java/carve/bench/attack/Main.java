package carve.bench.attack;

import carve.testkit.fuzz.FuzzResult;
import carve.testkit.fuzz.http.HttpAttack;
import carve.testkit.fuzz.http.SteadyClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Attacks a running server and writes a report; see {@code bench/attack.sh}. */
public final class Main {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int STEADY = 8;
    private static final Duration PROGRESS = Duration.ofSeconds(30);

    private final URI server;
    private final InetSocketAddress address;
    private final String model;
    private final Map<String, String> options;
    private final List<String> report = new ArrayList<>();
    private int printed;

    private Main(URI server, Map<String, String> options) {
        this.server = server;
        this.address = new InetSocketAddress(server.getHost(), server.getPort());
        this.model = options.getOrDefault("--name", "model");
        this.options = options;
    }

    /**
     * Attacks the server at an address.
     *
     * @param line the address and options
     */
    public static void main(String... line) throws IOException, InterruptedException {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i + 1 < line.length; i += 2) {
            options.put(line[i], line[i + 1]);
        }
        Main main = new Main(URI.create(line[0]), options);
        System.exit(main.run() ? 0 : 1);
    }

    private int number(String option, int usual) {
        return Integer.parseInt(options.getOrDefault(option, Integer.toString(usual)));
    }

    private boolean run() throws IOException, InterruptedException {
        if (options.containsKey("--repeat")) {
            System.out.print(HttpAttack.repeat(address, Path.of(options.get("--repeat"))));
            return true;
        }
        int clients = number("--clients", 64);
        Duration time = Duration.ofSeconds(number("--seconds", 1800));
        report.add("## Requests");
        report.add("");
        boolean good = attack(clients, 1, number("--requests", 100_000), time);
        write();
        report.add("");
        report.add("Bodies of megabytes alone, which together are many times the heap:");
        report.add("");
        good &= attack(clients, 100, number("--large", 500), time);
        write();
        if (number("--soak", 600) > 0) {
            report.add("");
            report.add("## Soak");
            report.add("");
            Soak soak = new Soak(server, model, number("--pid", 0));
            good &= soak.run(number("--soak", 600), number("--soak-clients", 32), report);
        }
        write();
        return good;
    }

    private void write() throws IOException {
        Files.write(Path.of(options.getOrDefault("--out", "bench/target/attack/server.md")), report);
        report.subList(printed, report.size()).forEach(System.out::println);
        printed = report.size();
    }

    // most clients are hostile, and the others are well-behaved
    private boolean attack(int clients, int largePercent, int requests, Duration time)
            throws IOException, InterruptedException {
        Path failed = Path.of(options.getOrDefault("--failed", "bench/target/attack"));
        SteadyClient steady = SteadyClient.prepare(address, model, true);
        HttpAttack attack =
                new HttpAttack(address, model, number("--seed", 16), largePercent, clients - STEADY, PATIENCE, failed);
        AtomicBoolean attacked = new AtomicBoolean(true);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < STEADY; i++) {
            int first = i;
            threads.add(Thread.ofVirtual().start(() -> steady.ask(first, attacked::get)));
        }
        threads.add(Thread.ofVirtual().start(() -> progress(attack, steady, attacked)));
        long begin = System.nanoTime();
        List<FuzzResult> results = attack.run(requests, time);
        double seconds = (System.nanoTime() - begin) / 1e9;
        attacked.set(false);
        threads.getLast().interrupt();
        for (Thread thread : threads) {
            thread.join();
        }
        return report(results, steady, clients, seconds);
    }

    private static void progress(HttpAttack attack, SteadyClient steady, AtomicBoolean attacked) {
        try {
            while (attacked.get()) {
                Thread.sleep(PROGRESS);
                System.out.printf(
                        "%d hostile requests sent, %d questions of well-behaved clients, %d lost%n",
                        attack.sent(), steady.asked(), steady.losses().size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean report(List<FuzzResult> results, SteadyClient steady, int clients, double seconds) {
        report.add(FuzzResult.HEADING);
        results.forEach(result -> report.add(result.row()));
        FuzzResult all = new FuzzResult(
                "all",
                results.stream().mapToLong(FuzzResult::answers).sum(),
                results.stream().mapToLong(FuzzResult::refusals).sum(),
                results.stream().flatMap(result -> result.failures().stream()).toList(),
                results.stream()
                        .map(FuzzResult::slowest)
                        .max(Duration::compareTo)
                        .orElse(Duration.ZERO));
        report.add(all.row());
        report.add("");
        report.add(
                "%d clients, %d of them well-behaved, for %.0f s. The well-behaved ones asked %d questions, were told %d times to"
                                .formatted(clients, STEADY, seconds, steady.asked(), steady.retried())
                        + " come back later, and got %d answers other than alone, or none."
                                .formatted(steady.losses().size()));
        all.failures().stream().limit(50).forEach(failure -> report.add("- " + failure));
        steady.losses().stream().limit(5).forEach(loss -> report.add("- a well-behaved client: " + loss));
        return all.failures().isEmpty() && steady.losses().isEmpty();
    }
}
