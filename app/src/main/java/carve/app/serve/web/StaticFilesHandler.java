package carve.app.serve.web;

import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The files of the web page, from the folder {@code page} of this module. */
public final class StaticFilesHandler implements RequestHandler {
    private static final String FOLDER = "carve/app/page/";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("mjs", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("woff2", "font/woff2"),
            Map.entry("txt", "text/plain; charset=utf-8"));

    @Override
    public void handle(HttpCall httpCall) throws IOException {
        String name =
                httpCall.path().equals("/") ? "index.html" : httpCall.path().substring(1);
        String ending = name.substring(name.lastIndexOf('.') + 1);
        Optional<byte[]> file =
                NAME.matcher(name).matches() && TYPES.containsKey(ending) ? read(name) : Optional.empty();
        if (file.isEmpty()) {
            throw ApiException.requestError(
                    404, "unknown_url", "Unknown request URL: %s %s.", httpCall.method(), httpCall.path());
        }
        httpCall.setHeader("Cache-Control", "no-cache");
        httpCall.setHeader("X-Content-Type-Options", "nosniff");
        httpCall.setHeader("X-Frame-Options", "DENY");
        httpCall.setHeader(
                "Content-Security-Policy",
                "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'");
        httpCall.send(200, TYPES.get(ending), file.get());
    }

    private static Optional<byte[]> read(String name) {
        try (InputStream in = StaticFilesHandler.class.getModule().getResourceAsStream(FOLDER + name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
