package carve.app.serve.http;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A listening HTTP server: checks host, origin and key of each request, finds its handler in a {@link Router}, and sends errors
 * in OpenAI's form. Every request has a thread of its own, and there is one for each connection that the limits allow: whatever
 * some handlers wait for or compute, others go on.
 */
public final class HttpListener implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(HttpListener.class.getModule().getName());
    private static final int BACKLOG = 512;
    private static final int MIN_THREADS = 4;
    private static final int JETTY_THREADS = 16;
    private static final int THREAD_IDLE_MILLIS = 10_000;
    private static final int STOP_MILLIS = 1000;

    private final Server server;
    private final InetSocketAddress bound;
    private final RequestDispatcher dispatcher;
    private final ConnectionTable connections;

    private HttpListener(
            Server server, InetSocketAddress bound, RequestDispatcher dispatcher, ConnectionTable connections) {
        this.server = server;
        this.bound = bound;
        this.dispatcher = dispatcher;
        this.connections = connections;
    }

    /**
     * Starts to listen. A server at a loopback address accepts requests to names of this machine only.
     *
     * @param keys the keys of which requests must have one; none if all requests are accepted
     * @throws IOException if the address or the port is not available
     */
    public static HttpListener start(InetSocketAddress address, Set<String> keys, HttpLimits limits, Router router)
            throws IOException {
        ServerSocketChannel listening = bind(address);
        AccessControl accessControl =
                new AccessControl(keys, address.getAddress().isLoopbackAddress());
        ConnectionTable connections = new ConnectionTable(limits);
        RequestDispatcher dispatcher = new RequestDispatcher(router, accessControl, limits, connections);
        Server server = new Server(threads(limits.maxConnections() + JETTY_THREADS));
        server.addConnector(new LimitedConnector(server, listening, connections));
        server.setErrorHandler(new ProtocolErrorHandler(connections));
        server.setHandler(dispatcher);
        try {
            server.start();
        } catch (Exception e) {
            throw new IOException("the server could not be started: " + e.getMessage(), e);
        }
        return new HttpListener(server, (InetSocketAddress) listening.getLocalAddress(), dispatcher, connections);
    }

    private static QueuedThreadPool threads(int max) {
        QueuedThreadPool threads = new QueuedThreadPool(max, MIN_THREADS, THREAD_IDLE_MILLIS);
        threads.setName("carve-http");
        threads.setDaemon(true);
        threads.setStopTimeout(STOP_MILLIS);
        // without this, one thread ends in each idle time, and those of a thousand connections stay for hours
        threads.setMaxEvictCount(max);
        return threads;
    }

    private static ServerSocketChannel bind(InetSocketAddress address) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(address, BACKLOG);
        } catch (BindException e) {
            channel.close();
            BindException named = new BindException("cannot listen on %s, port %d: %s; use --port 0 for a free port"
                    .formatted(address.getHostString(), address.getPort(), e.getMessage()));
            named.initCause(e);
            throw named;
        }
    }

    /** Returns the address of the root page. */
    public URI address() {
        String host = bound.getAddress().isAnyLocalAddress()
                ? "localhost"
                : bound.getAddress().getHostAddress();
        return URI.create("http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, bound.getPort()));
    }

    /** Returns the number of requests that are being answered. */
    public int activeRequests() {
        return dispatcher.activeRequests();
    }

    /** Refuses new requests, but those of open routes, and waits until those being answered have ended, at most so long. */
    public void drain(long timeoutMillis) {
        dispatcher.drain();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (activeRequests() > 0 && System.nanoTime() < end) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops listening; requests that are still being answered are cut off. */
    @Override
    public void close() {
        dispatcher.drain();
        connections.close();
        try {
            server.stop();
        } catch (Exception e) {
            LOG.log(Level.WARNING, "the server did not stop as it should", e);
        }
    }
}
