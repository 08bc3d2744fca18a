package carve.app.serve.http;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Request;

/**
 * The connections of a server, within its limits. A connection beyond a limit takes the place of the one whose client has kept
 * the server waiting longest; where all others are being answered, it is refused. An IPv6 client is identified by the first 64 bits of its
 * address, since the rest is its own choice.
 */
final class ConnectionTable implements AutoCloseable {
    // a client that has just connected is about to send its request
    private static final long MIN_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SWEEP_MILLIS = 100;

    private final HttpLimits limits;
    private final Map<SocketChannel, ClientConnection> connections = new ConcurrentHashMap<>();
    private final RefusedConnections refusedConnections = new RefusedConnections();
    private final ScheduledThreadPoolExecutor timer;

    ConnectionTable(HttpLimits limits) {
        this.limits = limits;
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("carve-http-timeouts").factory());
        timer.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        refusedConnections.sweep();
        connections.values().removeIf(connection -> !connection.channel().isOpen());
        connections.values().forEach(connection -> connection.enforce(limits));
    }

    /**
     * Takes an accepted connection, or refuses it with an error.
     *
     * @return whether it was taken
     * @throws IOException if it is closed already
     */
    synchronized boolean admit(SocketChannel channel) throws IOException {
        InetAddress network = network(((InetSocketAddress) channel.getRemoteAddress()).getAddress());
        Optional<ApiException> refusal = refusal(network);
        if (refusal.isPresent()) {
            refusedConnections.refuse(channel, refusal.get());
            return false;
        }
        connections.put(channel, new ClientConnection(channel, network));
        return true;
    }

    private Optional<ApiException> refusal(InetAddress network) {
        List<ClientConnection> all = connections.values().stream()
                .filter(connection -> !connection.isEvicted())
                .toList();
        List<ClientConnection> same = all.stream()
                .filter(connection -> connection.network().equals(network))
                .toList();
        if (same.size() >= limits.maxConnectionsPerAddress()) {
            return evictOne(same)
                    ? Optional.empty()
                    : Optional.of(ApiException.tooManyConnections(limits.maxConnectionsPerAddress()));
        }
        if (all.size() >= limits.maxConnections() && !evictOne(all)) {
            return Optional.of(ApiException.serverError(
                    503, "The server has %d connections, the limit.".formatted(limits.maxConnections())));
        }
        return Optional.empty();
    }

    private static InetAddress network(InetAddress address) throws UnknownHostException {
        return address instanceof Inet6Address
                ? InetAddress.getByAddress(Arrays.copyOf(Arrays.copyOf(address.getAddress(), 8), 16))
                : address;
    }

    private static boolean evictOne(List<ClientConnection> candidates) {
        return candidates.stream()
                .filter(connection -> connection.waitedNanos() >= MIN_WAIT_NANOS)
                .sorted(Comparator.comparingLong(ClientConnection::waitedNanos).reversed())
                .anyMatch(ClientConnection::evict);
    }

    /** Attaches the end point of a connection that was taken. */
    void opened(SocketChannel channel, EndPoint endPoint) {
        connections.getOrDefault(channel, detached(channel)).attach(endPoint);
    }

    /** Forgets a connection. */
    void closed(EndPoint endPoint) {
        connections.remove(channel(endPoint));
    }

    /** Returns the connection of a request. */
    ClientConnection of(Request request) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        return connections.getOrDefault(channel(endPoint), detached(channel(endPoint)));
    }

    // one that was evicted at this moment
    private static ClientConnection detached(SocketChannel channel) {
        ClientConnection connection = new ClientConnection(channel, InetAddress.getLoopbackAddress());
        connection.endRequest(false);
        return connection;
    }

    private static SocketChannel channel(EndPoint endPoint) {
        return ((SocketChannelEndPoint) endPoint).getChannel();
    }

    /** Stops watching the connections; the server closes them. */
    @Override
    public void close() {
        timer.shutdownNow();
        refusedConnections.closeAll();
    }
}
