package carve.app.serve.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A listening HTTP server: checks host, origin and key of each request, finds its handler in a {@link Router}, and sends errors
 * in OpenAI's form. Every request has a virtual thread of its own.
 */
public final class HttpListener implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(HttpListener.class.getModule().getName());
    private static final int BACKLOG = 512;

    private final HttpServer http;
    private final Router router;
    private final AccessControl accessControl;
    private final HttpLimits limits;
    private final Deadlines deadlines = new Deadlines();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger active = new AtomicInteger();
    private volatile boolean stopping;

    private HttpListener(HttpServer http, Router router, AccessControl accessControl, HttpLimits limits) {
        this.http = http;
        this.router = router;
        this.accessControl = accessControl;
        this.limits = limits;
    }

    /**
     * Starts to listen. A server at a loopback address accepts requests to names of this machine only.
     *
     * @param keys the keys of which requests must have one; none if all requests are accepted
     * @throws IOException if the address or the port is not available
     */
    public static HttpListener start(InetSocketAddress address, Set<String> keys, HttpLimits limits, Router router)
            throws IOException {
        AccessControl accessControl =
                new AccessControl(keys, address.getAddress().isLoopbackAddress());
        HttpListener listener = new HttpListener(bind(address), router, accessControl, limits);
        listener.http.createContext("/", listener::exchange);
        listener.http.setExecutor(listener.threads);
        listener.http.start();
        return listener;
    }

    private static HttpServer bind(InetSocketAddress address) throws IOException {
        try {
            return HttpServer.create(address, BACKLOG);
        } catch (BindException e) {
            BindException named = new BindException("cannot listen on %s, port %d: %s; use --port 0 for a free port"
                    .formatted(address.getHostString(), address.getPort(), e.getMessage()));
            named.initCause(e);
            throw named;
        }
    }

    /** Returns the address of the root page. */
    public URI address() {
        InetSocketAddress bound = http.getAddress();
        String host = bound.getAddress().isAnyLocalAddress()
                ? "localhost"
                : bound.getAddress().getHostAddress();
        return URI.create("http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, bound.getPort()));
    }

    /** Returns the number of requests that are being answered. */
    public int activeRequests() {
        return active.get();
    }

    private void exchange(HttpExchange exchange) {
        active.incrementAndGet();
        try (exchange) {
            HttpCall call = new HttpCall(exchange, deadlines, limits);
            try {
                answer(call);
            } catch (ApiException e) {
                call.sendError(e);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.WARNING, "a request failed", e);
                call.sendError(ApiException.serverError(500, "The server had an error while processing your request."));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "client disconnected: {0}", e.toString());
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "client timed out");
        } finally {
            active.decrementAndGet();
        }
    }

    private void answer(HttpCall call) throws IOException, InterruptedException {
        call.requireBoundedHead();
        accessControl.requireSameOrigin(call);
        if (!router.isOpen(call)) {
            accessControl.requireApiKey(call);
            if (stopping) {
                throw ApiException.serverError(503, "The server is shutting down.");
            }
        }
        router.route(call).handler().handle(call);
    }

    /** Refuses new requests, but those of open routes, and waits until those being answered have ended, at most so long. */
    public void drain(long timeoutMillis) {
        stopping = true;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (active.get() > 0 && System.nanoTime() < end) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops listening; requests that are still being answered are cut off. */
    @Override
    public void close() {
        stopping = true;
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
}
