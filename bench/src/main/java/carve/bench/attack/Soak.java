package carve.bench.attack;

import carve.testkit.fuzz.http.LeavingClient;
import carve.testkit.fuzz.http.SteadyClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Many clients for a long time, with pictures and disconnects; what the process holds before, meanwhile and after. */
final class Soak {
    private static final int PICTURE_EVERY = 4;
    private static final long SAMPLE_SECONDS = 60;
    private static final long REST_MILLIS = 15_000;
    private static final long WARM_UP_SECONDS = 20;
    // threads of the JVM's pools come and go
    private static final long TOLERANCE = 24;

    private final URI server;
    private final InetSocketAddress address;
    private final String model;
    private final long pid;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Soak(URI server, String model, long pid) {
        this.server = server;
        this.address = new InetSocketAddress(server.getHost(), server.getPort());
        this.model = model;
        this.pid = pid;
    }

    /** Runs the soak, prints a report, and returns whether nothing was lost and nothing was left. */
    boolean run(int seconds, int clients, List<String> report) throws IOException, InterruptedException {
        SteadyClient steady = SteadyClient.prepare(address, model, true);
        LeavingClient leaving = new LeavingClient(address, model);
        ask(steady, leaving, clients, WARM_UP_SECONDS, new ArrayList<>());
        Thread.sleep(REST_MILLIS);
        ProcessSample before = ProcessSample.of(http, server, pid, 0);
        long warm = steady.asked();
        long gone = leaving.left();
        List<ProcessSample> samples = new ArrayList<>(List.of(before));
        ask(steady, leaving, clients, seconds, samples);
        Thread.sleep(REST_MILLIS);
        ProcessSample after = ProcessSample.of(http, server, pid, seconds + REST_MILLIS / 1000);
        samples.add(after);
        long asked = steady.asked() - warm;
        report.add(
                "%d clients for %d s: %d requests, %d of them with a picture, %d told to come back later, %d disconnects; replies"
                                .formatted(
                                        clients,
                                        seconds,
                                        asked,
                                        asked / PICTURE_EVERY,
                                        steady.retried(),
                                        leaving.left() - gone)
                        + " other than those alone, or missing: %d."
                                .formatted(steady.losses().size()));
        steady.losses().stream().limit(5).forEach(loss -> report.add("- " + loss));
        report.add("");
        report.add(ProcessSample.HEADING);
        samples.forEach(sample -> report.add(sample.row()));
        report.add("");
        boolean released = after.threads() <= before.threads() + TOLERANCE
                && after.descriptors() <= before.descriptors() + TOLERANCE
                && after.statesMib() == 0;
        report.add(
                released
                        ? "Threads, descriptors and states are released."
                        : "**Threads, descriptors or states are not released.**");
        return steady.losses().isEmpty() && released;
    }

    // one in four goes away again and again
    private void ask(SteadyClient steady, LeavingClient leaving, int clients, long seconds, List<ProcessSample> samples)
            throws InterruptedException {
        long begin = System.nanoTime();
        BooleanSupplier goOn = () -> System.nanoTime() - begin < seconds * 1_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            int number = i;
            threads.add(Thread.ofVirtual()
                    .start(number % 4 == 3 ? () -> leaving.leave(number, goOn) : () -> steady.ask(number, goOn)));
        }
        for (long second = SAMPLE_SECONDS; second < seconds; second += SAMPLE_SECONDS) {
            Thread.sleep(Math.max(1, second * 1000 - (System.nanoTime() - begin) / 1_000_000));
            samples.add(ProcessSample.of(http, server, pid, second));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
