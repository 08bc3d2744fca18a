package carve.app.serve;

import carve.app.watch.SharedRuns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the page of runs asks for, beside a server's models: {@code GET /runs} and {@code GET /picture/NAME}.
 *
 * @param runs the runs, if there is a folder of them
 */
public record RunPages(Optional<SharedRuns> runs) {
    private static final byte[] NONE = "{\"runs\":[]}".getBytes(StandardCharsets.UTF_8);

    /** Returns the handlers by method and path. */
    public Map<String, Handler> handlers() {
        return Map.of("GET /runs", this::list, "GET /picture/*", this::picture);
    }

    private void list(Call call) throws IOException {
        byte[] body = runs.map(SharedRuns::json).orElse(NONE);
        String tag = SharedRuns.tag(body);
        call.set("ETag", tag);
        boolean known = call.header("If-None-Match").filter(tag::equals).isPresent();
        call.send(known ? 304 : 200, "application/json", known ? new byte[0] : body);
    }

    private void picture(Call call) throws IOException {
        String name = call.path().substring(call.path().lastIndexOf('/') + 1);
        Path file = runs.flatMap(shared -> shared.picture(name))
                .orElseThrow(() -> ApiException.refused(404, "picture_not_found", "No sample names this picture."));
        call.send(200, SharedRuns.type(file), Files.readAllBytes(file));
    }
}
