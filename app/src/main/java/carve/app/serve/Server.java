package carve.app.serve;

import carve.app.serve.http.HttpListener;
import carve.app.serve.http.Router;
import carve.app.serve.http.StaticFiles;
import carve.app.serve.openai.ChatCompletionsHandler;
import carve.app.serve.openai.CompletionsHandler;
import carve.app.serve.openai.MetricsHandler;
import carve.app.serve.openai.RequestPreprocessor;
import carve.app.serve.openai.ServedModels;
import carve.app.serve.openai.StatesHandler;
import carve.app.serve.openai.TokenizeHandler;
import carve.app.serve.web.RunHandlers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;

/**
 * The server of models: OpenAI's API, the web page, and the runs of training that the page shows. Closing it refuses new
 * requests at once, and waits for those that are being answered.
 */
public final class Server implements AutoCloseable {
    private final ServerConfig config;
    private final ServedModels servedModels;
    private final HealthHandler health;
    private final HttpListener listener;

    private Server(ServerConfig config, ServedModels servedModels, HealthHandler health, HttpListener listener) {
        this.config = config;
        this.servedModels = servedModels;
        this.health = health;
        this.listener = listener;
    }

    /**
     * Starts to listen.
     *
     * @throws IOException if the address or the port is not available
     */
    public static Server start(ServerConfig config, ServedModels servedModels, RunHandlers runs) throws IOException {
        HealthHandler health = new HealthHandler(servedModels);
        Router.Builder routes =
                Router.builder(new StaticFiles("index.html", Set.of())).openRoute("GET", "/health", health);
        addModelRoutes(routes, config, servedModels);
        runs.addTo(routes);
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        return new Server(
                config,
                servedModels,
                health,
                HttpListener.start(address, config.apiKeys(), config.httpLimits(), routes.build()));
    }

    private static void addModelRoutes(Router.Builder routes, ServerConfig config, ServedModels models) {
        RequestPreprocessor preprocessor =
                new RequestPreprocessor(config.httpLimits().maxBodyBytes(), config.requestLimits());
        StatesHandler states = new StatesHandler(models, preprocessor);
        TokenizeHandler tokenize = new TokenizeHandler(models, preprocessor);
        routes.route("POST", "/v1/chat/completions", new ChatCompletionsHandler(models, preprocessor, states))
                .route("POST", "/v1/completions", new CompletionsHandler(models, preprocessor))
                .route("POST", "/tokenize", tokenize::tokenize)
                .route("POST", "/detokenize", tokenize::detokenize)
                .route("POST", "/apply-template", tokenize::applyTemplate)
                .route("GET", "/tokenizer_info", tokenize::tokenizerInfo)
                .route("GET", "/v1/states", states::list)
                .route("POST", "/v1/states", states::create)
                .route("GET", "/v1/states/*", states::retrieve)
                .route("DELETE", "/v1/states/*", states::delete)
                .route("GET", "/metrics", new MetricsHandler(models))
                .route("GET", "/v1/models", models::list)
                .route("GET", "/v1/models/*", models::retrieve);
    }

    /** Returns the address of the page. */
    public URI address() {
        return listener.address();
    }

    /** Returns the number of requests that are being answered. */
    public int activeRequests() {
        return listener.activeRequests();
    }

    /** Refuses new requests, waits for those that are being answered, and stops. */
    @Override
    public void close() {
        health.shutDown();
        // models stay until their answers are sent, not only generated: the tokenizer is the model's
        listener.drain(config.shutdownMillis());
        servedModels.all().stream()
                .map(model -> Thread.ofVirtual().start(() -> model.engine().close()))
                .toList()
                .forEach(Server::join);
        listener.close();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
