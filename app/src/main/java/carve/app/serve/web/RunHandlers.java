package carve.app.serve.web;

import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.app.train.RunPageData;
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
public record RunHandlers(Optional<RunPageData> runs) {
    private static final byte[] NONE = "{\"runs\":[]}".getBytes(StandardCharsets.UTF_8);

    /** Returns the handlers by method and path. */
    public Map<String, RequestHandler> handlers() {
        return Map.of("GET /runs", this::list, "GET /picture/*", this::picture);
    }

    private void list(HttpCall httpCall) throws IOException {
        byte[] body = runs.map(RunPageData::json).orElse(NONE);
        String tag = RunPageData.etag(body);
        httpCall.setHeader("ETag", tag);
        boolean known = httpCall.header("If-None-Match").filter(tag::equals).isPresent();
        httpCall.send(known ? 304 : 200, "application/json", known ? new byte[0] : body);
    }

    private void picture(HttpCall httpCall) throws IOException {
        String name = httpCall.path().substring(httpCall.path().lastIndexOf('/') + 1);
        Path file = runs.flatMap(shared -> shared.picture(name))
                .orElseThrow(
                        () -> ApiException.requestError(404, "picture_not_found", "No sample names this picture."));
        httpCall.send(200, RunPageData.contentType(file), Files.readAllBytes(file));
    }
}
