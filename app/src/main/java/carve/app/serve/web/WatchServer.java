package carve.app.serve.web;

import carve.app.serve.http.HttpLimits;
import carve.app.serve.http.HttpListener;
import carve.app.serve.http.Router;
import carve.app.serve.http.StaticFiles;
import carve.app.train.RunFolders;
import carve.app.train.RunPageData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/**
 * A server of the page of runs for a browser on this machine: {@code /} is the page, and {@link RunHandlers} answers what it
 * asks for every second. It listens on a loopback address only.
 */
public final class WatchServer implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final HttpLimits LIMITS = HttpLimits.of(0, TIMEOUT_MILLIS);
    private static final String CHAT_PAGE = "index.html";

    private final HttpListener listener;

    private WatchServer(HttpListener listener) {
        this.listener = listener;
    }

    /**
     * Starts a server.
     *
     * @param port the port to listen on; 0 for any that is free
     * @throws IOException if the port is not available
     */
    public static WatchServer start(RunFolders folders, int port, Clock clock) throws IOException {
        Router.Builder routes = Router.builder(new StaticFiles("run.html", Set.of(CHAT_PAGE)));
        new RunHandlers(Optional.of(new RunPageData(folders, clock))).addTo(routes);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return new WatchServer(HttpListener.start(address, Set.of(), LIMITS, routes.build()));
    }

    /** Returns the address of the page. */
    public String address() {
        return "http://localhost:%d/".formatted(listener.address().getPort());
    }

    /** Stops listening. */
    @Override
    public void close() {
        listener.close();
    }
}
