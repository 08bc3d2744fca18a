package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.testkit.fuzz.FuzzResult;
import carve.testkit.fuzz.http.HttpAttack;
import carve.testkit.fuzz.http.SteadyClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hostile requests of a fixed seed end with answers and clean errors, and well-behaved clients lose nothing meanwhile. */
@Timeout(180)
final class HttpAttackTest {
    private static final int REQUESTS = 3_000;
    private static final long SEED = 16;

    @TempDir
    private Path work;

    @Test
    void everyRequestIsAnsweredOrRefused() throws IOException, InterruptedException {
        try (TestServer server = new TestServer(work, Set.of(), 5_000)) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
            SteadyClient steady = SteadyClient.prepare(address, "small", false);
            HttpAttack attack =
                    new HttpAttack(address, "small", SEED, 1, 8, Duration.ofSeconds(3), Path.of("target", "fuzz"));
            AtomicBoolean attacked = new AtomicBoolean(true);
            Thread client = Thread.ofVirtual().start(() -> steady.ask(0, attacked::get));
            List<FuzzResult> results = attack.run(REQUESTS, Duration.ofSeconds(60));
            attacked.set(false);
            client.join();
            List<String> failures = results.stream()
                    .flatMap(result -> result.failures().stream())
                    .toList();
            assertEquals(List.of(), failures);
            assertEquals(List.of(), steady.losses());
            assertTrue(steady.asked() > 10, () -> steady.asked() + " questions");
            server.assertIdle();
        }
    }
}
