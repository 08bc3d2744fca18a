package carve.app.serve.web;

import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.Router;
import carve.app.train.RunPageData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The handlers of the page of runs: {@code GET /runs}, JSON with an {@code ETag}, so that nothing is sent where nothing has
 * changed, and {@code GET /picture/NAME}, an image that a sample names.
 *
 * @param runs the runs, if there is a folder of them
 */
public record RunHandlers(Optional<RunPageData> runs) {
    private static final byte[] NONE = "{\"runs\":[]}".getBytes(StandardCharsets.UTF_8);

    /** Adds the routes to a table, for requests with a key. */
    public void addTo(Router.Builder routes) {
        routes.route("GET", "/runs", this::list).route("GET", "/picture/*", this::picture);
    }

    private void list(HttpCall call) throws IOException {
        byte[] body = runs.map(RunPageData::json).orElse(NONE);
        String tag = RunPageData.etag(body);
        call.setHeader("ETag", tag);
        boolean known = call.header("If-None-Match").filter(tag::equals).isPresent();
        call.send(known ? 304 : 200, "application/json", known ? new byte[0] : body);
    }

    private void picture(HttpCall call) throws IOException {
        String name = call.path().substring(call.path().lastIndexOf('/') + 1);
        Path file = runs.flatMap(shared -> shared.picture(name))
                .orElseThrow(() -> ApiException.requestError(
                        404, "picture_not_found", "No such image in the samples of this run."));
        call.send(200, RunPageData.contentType(file), Files.readAllBytes(file));
    }
}
