package carve.app.train;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Shows runs in a browser on this machine: {@code /} is the page, {@code /runs} what it shows, as JSON with an {@code ETag}, and
 * {@code /picture/NAME} a picture that a sample names. The page asks again every second; what has not changed is not sent.
 *
 * <p>It listens at a loopback address and answers requests to names of this machine alone, so that no page of elsewhere can
 * read what it shows.
 */
public final class WatchServer implements AutoCloseable {
    private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Map<String, String> PAGES = Map.of(
            "/", "run.html",
            "/base.css", "base.css",
            "/run.css", "run.css",
            "/charts.js", "charts.js",
            "/run.js", "run.js");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8");

    private static final String PICTURE = "/picture/";

    private final RunPageData runs;
    private final HttpServer server;

    private WatchServer(RunPageData runs, HttpServer server) {
        this.runs = runs;
        this.server = server;
    }

    /**
     * Starts a server.
     *
     * @param port where it listens; 0 for any that is free
     * @throws WatchException if it cannot listen there
     */
    public static WatchServer start(RunFolders folders, int port, Clock clock) {
        try {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            WatchServer watch = new WatchServer(new RunPageData(folders, clock), HttpServer.create(address, 0));
            watch.server.createContext("/", watch::answer);
            watch.server.start();
            return watch;
        } catch (IOException e) {
            throw new WatchException(
                    "port %d cannot be listened at: %s; --port 0 takes one that is free"
                            .formatted(port, e.getMessage()),
                    e);
        }
    }

    /** Returns where the page is. */
    public String address() {
        return "http://localhost:%d/".formatted(server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = exchange.getRequestHeaders().getFirst("Host");
            if (host == null || !HOSTS.contains(host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT))) {
                send(
                        exchange,
                        403,
                        "text/plain",
                        "this page is for this machine alone\n".getBytes(StandardCharsets.UTF_8));
            } else if (!Set.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
                send(exchange, 405, "text/plain", "GET alone\n".getBytes(StandardCharsets.UTF_8));
            } else {
                get(exchange);
            }
        }
    }

    private void get(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (PAGES.containsKey(path)) {
            send(exchange, 200, type(PAGES.get(path)), page(PAGES.get(path)));
        } else if (path.equals("/runs")) {
            runs(exchange);
        } else if (path.startsWith(PICTURE)) {
            picture(exchange, path.substring(PICTURE.length()));
        } else {
            send(exchange, 404, "text/plain", "not here\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private void runs(HttpExchange exchange) throws IOException {
        byte[] body = runs.json();
        String tag = RunPageData.etag(body);
        exchange.getResponseHeaders().set("ETag", tag);
        if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            exchange.sendResponseHeaders(304, -1);
        } else {
            send(exchange, 200, "application/json", body);
        }
    }

    private void picture(HttpExchange exchange, String name) throws IOException {
        Optional<Path> file = runs.picture(name);
        if (file.isEmpty()) {
            send(exchange, 404, "text/plain", "no sample names this picture\n".getBytes(StandardCharsets.UTF_8));
        } else {
            send(exchange, 200, RunPageData.contentType(file.get()), Files.readAllBytes(file.get()));
        }
    }

    private static String type(String name) {
        return TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    }

    private static byte[] page(String name) throws IOException {
        try (InputStream resource = WatchServer.class.getResourceAsStream("/carve/app/page/" + name)) {
            if (resource == null) {
                throw new IOException("the page's %s is not in this program".formatted(name));
            }
            return resource.readAllBytes();
        }
    }

    /** Returns the page as one file, with what it shows. */
    static String standalonePage(JsonObject shown) throws IOException {
        String html = text("run.html");
        for (String style : List.of("base.css", "run.css")) {
            html = html.replace(
                    "<link rel=\"stylesheet\" href=\"%s\">".formatted(style),
                    "<style>\n%s</style>".formatted(text(style)));
        }
        String data = Json.compact(shown).replace("<", "\\u003c");
        html = html.replace(
                "<script src=\"charts.js\" defer>",
                "<script type=\"application/json\" id=\"shown\">%s</script>\n<script src=\"charts.js\" defer>"
                        .formatted(data));
        for (String script : List.of("charts.js", "run.js")) {
            html = html.replace(
                    "<script src=\"%s\" defer></script>".formatted(script),
                    "<script>\n%s</script>".formatted(text(script)));
        }
        return html;
    }

    private static String text(String name) throws IOException {
        return new String(page(name), StandardCharsets.UTF_8);
    }

    private static void send(HttpExchange exchange, int code, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.getResponseHeaders()
                .set(
                        "Content-Security-Policy",
                        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
        exchange.sendResponseHeaders(code, exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
        if (!exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseBody().write(body);
        }
    }

    /** Stops listening. */
    @Override
    public void close() {
        server.stop(0);
    }
}
