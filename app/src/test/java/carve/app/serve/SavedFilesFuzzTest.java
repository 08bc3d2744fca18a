package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.CheckpointException;
import carve.testkit.fuzz.FuzzBudget;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A changed file of a saved state is answered as it is, or refused, and can be deleted. */
@Timeout(120)
final class SavedFilesFuzzTest {
    private static final long INPUTS = 300;

    @TempDir
    private Path work;

    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestServer(work, Set.of());
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        server.assertIdle();
        server.close();
    }

    private Path only(Predicate<String> name) throws IOException {
        try (Stream<Path> files = Files.walk(work)) {
            return files.filter(file -> Files.isRegularFile(file)
                            && name.test(file.getFileName().toString()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void require(HttpResponse<String> response) {
        if (response.statusCode() >= 500 && response.statusCode() != 503 && response.statusCode() != 507) {
            throw new IllegalStateException(response.statusCode() + " " + response.body());
        }
        if (response.statusCode() >= 400) {
            throw new CheckpointException(response.body());
        }
    }

    @Test
    void everyStateIsReadOrRefused() throws IOException, InterruptedException {
        String id = server.ask(
                        "/v1/states",
                        "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}")
                .string("id");
        Path file = only(name -> name.equals(id + ".json"));
        byte[] good = Files.readAllBytes(file);
        String more =
                "{\"model\": \"small\", \"max_tokens\": 1, \"carve\": {\"state\": \"%s\"}, \"messages\": [{\"role\": \"user\","
                        + " \"content\": \"more\"}]}";
        FuzzTarget target = new FuzzTarget("saved state", List.of(good), List.of("\"role\": \"tool\","), input -> {
            // another server has written it: under an id of its own it is read afresh
            String name = "st-%024x".formatted(Arrays.hashCode(input) & 0xffffffffL);
            String text = new String(input, StandardCharsets.ISO_8859_1).replace(id, name);
            Files.writeString(file.resolveSibling(name + ".json"), text, StandardCharsets.ISO_8859_1);
            try {
                require(server.get("/v1/states"));
                require(server.get("/v1/states/" + name));
                require(server.post("/v1/chat/completions", more.formatted(name)));
            } finally {
                server.send(server.request("/v1/states/" + name).DELETE());
                assertEquals(404, server.get("/v1/states/" + name).statusCode(), "deleted");
            }
        });
        Fuzzer.check(target, FuzzBudget.ofTests(INPUTS));
    }
}
