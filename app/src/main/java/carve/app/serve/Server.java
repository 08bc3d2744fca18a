package carve.app.serve;

import carve.api.json.JsonObject;
import carve.app.serve.http.AccessControl;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.Deadlines;
import carve.app.serve.http.HttpCall;
import carve.app.serve.http.RequestHandler;
import carve.app.serve.openai.ChatCompletionsHandler;
import carve.app.serve.openai.CompletionsHandler;
import carve.app.serve.openai.MetricsHandler;
import carve.app.serve.openai.RequestPreprocessor;
import carve.app.serve.openai.ServedModels;
import carve.app.serve.openai.StatesHandler;
import carve.app.serve.openai.TokenizeHandler;
import carve.app.serve.web.StaticFilesHandler;
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

    private final ServerConfig config;
    private final HttpServer http;
    private final AccessControl accessControl;
    private final ServedModels servedModels;
    private final Deadlines deadlines = new Deadlines();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, RequestHandler> routes = new LinkedHashMap<>();
    private final RequestHandler page = new StaticFilesHandler();
    private final AtomicInteger open = new AtomicInteger();
    private volatile boolean closing;

    private Server(
            ServerConfig config,
            ServedModels servedModels,
            Map<String, RequestHandler> more,
            HttpServer http,
            boolean local) {
        this.config = config;
        this.servedModels = servedModels;
        this.http = http;
        this.accessControl = new AccessControl(config.apiKeys(), local);
        RequestPreprocessor requestPreprocessor = new RequestPreprocessor(config);
        StatesHandler statesHandler = new StatesHandler(servedModels, requestPreprocessor);
        TokenizeHandler tokenizeHandler = new TokenizeHandler(servedModels, requestPreprocessor);
        routes.put(
                "POST /v1/chat/completions",
                new ChatCompletionsHandler(servedModels, requestPreprocessor, statesHandler));
        routes.put("POST /v1/completions", new CompletionsHandler(servedModels, requestPreprocessor));
        routes.put("POST /tokenize", tokenizeHandler::tokenize);
        routes.put("POST /detokenize", tokenizeHandler::detokenize);
        routes.put("GET /tokenizer_info", tokenizeHandler::tokenizerInfo);
        routes.put("GET /v1/states", statesHandler::list);
        routes.put("POST /v1/states", statesHandler::create);
        routes.put("GET /v1/states/*", statesHandler::retrieve);
        routes.put("DELETE /v1/states/*", statesHandler::delete);
        routes.put("GET /metrics", new MetricsHandler(servedModels));
        routes.put("GET /v1/models", servedModels::list);
        routes.put("GET /v1/models/*", servedModels::retrieve);
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
    public static Server start(ServerConfig config, ServedModels servedModels, Map<String, RequestHandler> more)
            throws IOException {
        InetAddress host = InetAddress.getByName(config.host());
        HttpServer http = HttpServer.create(new InetSocketAddress(host, config.port()), BACKLOG);
        Server server = new Server(config, servedModels, more, http, host.isLoopbackAddress());
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
    public int activeRequests() {
        return open.get();
    }

    private void exchange(HttpExchange exchange) {
        open.incrementAndGet();
        try (exchange) {
            HttpCall httpCall = new HttpCall(exchange, deadlines, config.requestLimits());
            try {
                answer(httpCall);
            } catch (ApiException e) {
                httpCall.sendError(e);
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "a request could not be answered", e);
                httpCall.sendError(
                        ApiException.serverError(500, "The server had an error while processing your request."));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a client has gone: {0}", e.toString());
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "a client was too slow");
        } finally {
            open.decrementAndGet();
        }
    }

    private void answer(HttpCall httpCall) throws IOException, InterruptedException {
        accessControl.requireSameOrigin(httpCall);
        RequestHandler requestHandler = handler(httpCall);
        boolean open = requestHandler == page || httpCall.path().equals("/health");
        if (!open) {
            accessControl.requireApiKey(httpCall);
        }
        if (closing && !open) {
            throw ApiException.serverError(503, "The server is being stopped.");
        }
        requestHandler.handle(httpCall);
    }

    private RequestHandler handler(HttpCall httpCall) {
        String method = httpCall.method().equals("HEAD") ? "GET" : httpCall.method();
        RequestHandler exact = routes.get(method + " " + httpCall.path());
        if (exact != null) {
            return exact;
        }
        String family = httpCall.path().replaceFirst("[^/]+$", "*");
        RequestHandler one = routes.get(method + " " + family);
        if (one != null) {
            return one;
        }
        List<String> methods = methods(httpCall.path(), family);
        if (!methods.isEmpty()) {
            httpCall.setHeader("Allow", String.join(", ", methods));
            throw ApiException.requestError(
                    405, "method_not_allowed", "%s takes %s, not %s.", httpCall.path(), methods, httpCall.method());
        }
        if (!method.equals("GET")) {
            throw ApiException.requestError(
                    404, "unknown_url", "Unknown request URL: %s %s.", httpCall.method(), httpCall.path());
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

    private void health(HttpCall httpCall) throws IOException {
        boolean well = !closing
                && servedModels.all().stream().allMatch(model -> model.engine().isRunning());
        httpCall.send(well ? 200 : 503, JsonObject.empty().with("status", well ? "ok" : "unavailable"));
    }

    /** Refuses new requests, waits for those that are answered, and stops. */
    @Override
    public void close() {
        closing = true;
        awaitAnswers();
        servedModels.all().stream()
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
                + TimeUnit.MILLISECONDS.toNanos(config.requestLimits().shutdownMillis());
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
