package carve.app.serve.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The files of the web pages, from the folder {@code page} of this module.
 *
 * @param index the file at {@code /}
 * @param excluded files that are not served
 */
public record StaticFiles(String index, Set<String> excluded) implements RequestHandler {
    private static final String FOLDER = "carve/app/page/";
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

    /** Copies the set. */
    public StaticFiles {
        excluded = Set.copyOf(excluded);
    }

    @Override
    public void handle(HttpCall call) throws IOException {
        String name = call.path().equals("/") ? index : call.path().substring(1);
        String ending = name.substring(name.lastIndexOf('.') + 1);
        Optional<byte[]> file = served(name, ending) ? read(name) : Optional.empty();
        if (file.isEmpty()) {
            throw Router.unknown(call);
        }
        call.setHeader("Cache-Control", "no-cache");
        call.setHeader("X-Content-Type-Options", "nosniff");
        call.setHeader("X-Frame-Options", "DENY");
        call.setHeader(
                "Content-Security-Policy",
                "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'");
        call.send(200, TYPES.get(ending), file.get());
    }

    private boolean served(String name, String ending) {
        return isPlain(name) && TYPES.containsKey(ending) && !excluded.contains(name);
    }

    /** Returns whether a name has letters, digits, '_', '-', '.' and '/' only, and no segment that is empty or begins with '.'. */
    private static boolean isPlain(String name) {
        boolean segmentStart = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && c != '_' && c != '-' && (segmentStart || c != '.' && c != '/')) {
                return false;
            }
            segmentStart = c == '/';
        }
        return !segmentStart;
    }

    /** Returns the content of a file, or nothing if there is none of this name. */
    public static Optional<byte[]> read(String name) {
        try (InputStream in = StaticFiles.class.getModule().getResourceAsStream(FOLDER + name)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
