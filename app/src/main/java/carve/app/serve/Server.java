package carve.app.serve;

import carve.api.config.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers requests over HTTP. Closing it refuses new requests at once, and waits for those that are answered. */
public final class Server implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(Server.class.getModule().getName());
    private static final int BACKLOG = 512;

    private final ServingConfig config;
    private final HttpServer http;
    private final Access access;
    private final Models models;
    private final Deadlines deadlines = new Deadlines();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Handler> routes = new LinkedHashMap<>();
    private final Handler page = new Page();
    private final AtomicInteger open = new AtomicInteger();
    private volatile boolean closing;

    private Server(ServingConfig config, Models models, Map<String, Handler> more, HttpServer http, boolean local) {
        this.config = config;
        this.models = models;
        this.http = http;
        this.access = new Access(config.keys(), local);
        Asking asking = new Asking(config);
        States states = new States(models, asking);
        Tokens tokens = new Tokens(models, asking);
        routes.put("POST /v1/chat/completions", new Chat(models, asking, states));
        routes.put("POST /v1/completions", new Completions(models, asking));
        routes.put("POST /tokenize", tokens::tokenize);
        routes.put("POST /detokenize", tokens::detokenize);
        routes.put("GET /tokenizer_info", tokens::info);
        routes.put("GET /v1/states", states::list);
        routes.put("POST /v1/states", states::create);
        routes.put("GET /v1/states/*", states::one);
        routes.put("DELETE /v1/states/*", states::delete);
        routes.put("GET /metrics", new Metrics(models));
        routes.put("GET /v1/models", models::list);
        routes.put("GET /v1/models/*", models::one);
        routes.put("GET /health", this::health);
        routes.putAll(more);
    }

    /**
     * Starts to listen.
     *
     * @param more handlers by method and path, such as {@code GET /v1/runs}; one whose last name is {@code *} has a family of
     *     paths
     * @throws IOException if the address or the port cannot be had
     */
    public static Server start(ServingConfig config, Models models, Map<String, Handler> more) throws IOException {
        InetAddress host = InetAddress.getByName(config.host());
        HttpServer http = HttpServer.create(new InetSocketAddress(host, config.port()), BACKLOG);
        Server server = new Server(config, models, more, http, host.isLoopbackAddress());
        http.createContext("/", server::exchange);
        http.setExecutor(server.threads);
        http.start();
        return server;
    }

    /** Returns where the page is. */
    public URI address() {
        InetSocketAddress bound = http.getAddress();
        String host = bound.getAddress().isAnyLocalAddress()
                ? "localhost"
                : bound.getAddress().getHostAddress();
        return URI.create("http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, bound.getPort()));
    }

    /** Returns how many requests are being answered. */
    public int open() {
        return open.get();
    }

    private void exchange(HttpExchange exchange) {
        open.incrementAndGet();
        try (exchange) {
            Call call = new Call(exchange, deadlines, config.limits());
            try {
                answer(call);
            } catch (ApiException e) {
                call.fail(e);
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "a request could not be answered", e);
                call.fail(ApiException.failed(500, "The server had an error while processing your request."));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a client has gone: {0}", e.toString());
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "a client was too slow");
        } finally {
            open.decrementAndGet();
        }
    }

    private void answer(Call call) throws IOException, InterruptedException {
        access.requireSite(call);
        Handler handler = handler(call);
        boolean open = handler == page || call.path().equals("/health");
        if (!open) {
            access.requireKey(call);
        }
        if (closing && !open) {
            throw ApiException.failed(503, "The server is being stopped.");
        }
        handler.answer(call);
    }

    private Handler handler(Call call) {
        String method = call.method().equals("HEAD") ? "GET" : call.method();
        Handler exact = routes.get(method + " " + call.path());
        if (exact != null) {
            return exact;
        }
        String family = call.path().replaceFirst("[^/]+$", "*");
        Handler one = routes.get(method + " " + family);
        if (one != null) {
            return one;
        }
        List<String> methods = methods(call.path(), family);
        if (!methods.isEmpty()) {
            call.set("Allow", String.join(", ", methods));
            throw ApiException.refused(
                    405, "method_not_allowed", "%s takes %s, not %s.", call.path(), methods, call.method());
        }
        if (!method.equals("GET")) {
            throw ApiException.refused(404, "unknown_url", "Unknown request URL: %s %s.", call.method(), call.path());
        }
        return page;
    }

    /** Returns the methods that a path takes. */
    private List<String> methods(String path, String family) {
        return routes.keySet().stream()
                .map(route -> route.split(" "))
                .filter(route -> route[1].equals(path) || route[1].equals(family))
                .map(route -> route[0])
                .toList();
    }

    private void health(Call call) throws IOException {
        boolean well = !closing
                && models.all().stream().allMatch(model -> model.engine().alive());
        call.send(well ? 200 : 503, JsonObject.empty().with("status", well ? "ok" : "unavailable"));
    }

    /** Refuses new requests, waits for those that are answered, and stops. */
    @Override
    public void close() {
        closing = true;
        awaitAnswers();
        models.all().stream()
                .map(model -> Thread.ofVirtual().start(() -> model.engine().close()))
                .toList()
                .forEach(Server::join);
        http.stop(0);
        threads.shutdown();
        try {
            threads.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
        deadlines.close();
    }

    // models stay until their answers are not only made but sent: the tokenizer is the model's
    private void awaitAnswers() {
        long end = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(config.limits().graceMillis());
        try {
            while (open.get() > 0 && System.nanoTime() < end) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
