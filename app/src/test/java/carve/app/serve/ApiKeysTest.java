package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ApiKeysTest {
    @TempDir
    private Path work;

    @Test
    void requestsNeedOneOfTheKeys() throws IOException, InterruptedException {
        try (TestServer testServer = new TestServer(work, Set.of("first-key", "second-key"))) {
            for (String path : List.of("/v1/models", "/metrics", "/v1/states")) {
                assertEquals(
                        "invalid_api_key",
                        TestServer.error(testServer.get(path), 401).string("code"));
                for (String wrong : List.of("Bearer first", "Bearer first-key2", "Basic first-key", "Bearer ", "")) {
                    TestServer.error(testServer.send(testServer.request(path).header("Authorization", wrong)), 401);
                }
                for (String right : List.of("Bearer first-key", "bearer second-key")) {
                    assertEquals(
                            200,
                            testServer
                                    .send(testServer.request(path).header("Authorization", right))
                                    .statusCode());
                }
            }
            assertEquals(200, testServer.get("/health").statusCode());
        }
    }
}
