package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An answer that the end of the server cuts off does not look complete. */
@Timeout(60)
final class CutOffAnswerTest {
    @TempDir
    private Path work;

    @ParameterizedTest
    @CsvSource({"completions, true", "completions, false", "chat/completions, true", "chat/completions, false"})
    void aCutOffAnswerIsAnError(String endpoint, boolean stream) throws Exception {
        try (TestServer server = new TestServer(work, Set.of())) {
            String asked = endpoint.startsWith("chat")
                    ? "\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]"
                    : "\"prompt\": \"a\"";
            String body =
                    "{\"model\": \"endless\", \"max_tokens\": 16000, \"stream\": %s, %s}".formatted(stream, asked);
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return server.post("/v1/" + endpoint, body);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            while (server.engine("endless").metrics().active() == 0) {
                Thread.sleep(1);
            }
            server.engine("endless").close();
            if (!stream && isCutOff(answer)) {
                return; // after a keep-alive, which has the status 200
            }
            HttpResponse<String> response = answer.join();
            assertTrue(response.body().contains("the answer was cut off"), response::body);
            assertFalse(response.body().contains("\"finish_reason\":\"stop\""), response::body);
            assertFalse(response.body().contains("[DONE]"), response::body);
            assertEquals(stream ? 200 : 503, response.statusCode());
        }
    }

    private static boolean isCutOff(CompletableFuture<HttpResponse<String>> answer) {
        return answer.handle(
                        (_, failure) -> failure != null && failure.getCause().getCause() instanceof IOException)
                .join();
    }
}
