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
final class KeysTest {
    @TempDir
    private Path work;

    @Test
    void requestsNeedOneOfTheKeys() throws IOException, InterruptedException {
        try (Served served = new Served(work, Set.of("first-key", "second-key"))) {
            for (String path : List.of("/v1/models", "/metrics", "/v1/states")) {
                assertEquals(
                        "invalid_api_key", Served.error(served.get(path), 401).string("code"));
                for (String wrong : List.of("Bearer first", "Bearer first-key2", "Basic first-key", "Bearer ", "")) {
                    Served.error(served.send(served.request(path).header("Authorization", wrong)), 401);
                }
                for (String right : List.of("Bearer first-key", "bearer second-key")) {
                    assertEquals(
                            200,
                            served.send(served.request(path).header("Authorization", right))
                                    .statusCode());
                }
            }
            assertEquals(200, served.get("/health").statusCode());
        }
    }
}
