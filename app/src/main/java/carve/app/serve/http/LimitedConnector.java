package carve.app.serve.http;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;

/** Accepts connections of HTTP/1.1 within the limits of a {@link ConnectionTable}, which also closes those that take too long. */
final class LimitedConnector extends ServerConnector {
    private static final int INPUT_BUFFER = 16 * 1024;

    private final ConnectionTable connections;

    LimitedConnector(Server server, ServerSocketChannel listening, ConnectionTable connections) throws IOException {
        super(server, null, null, null, 1, 1, new HttpConnectionFactory(configuration()));
        this.connections = connections;
        setIdleTimeout(0);
        open(listening);
    }

    private static HttpConfiguration configuration() {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setHttpCompliance(HttpCompliance.RFC9110);
        configuration.setRequestHeaderSize(HttpCall.MAX_TARGET_LENGTH + HttpCall.MAX_HEADER_LENGTH);
        configuration.setInputBufferSize(INPUT_BUFFER);
        configuration.setSendServerVersion(false);
        return configuration;
    }

    @Override
    public void accept(int acceptor) throws IOException {
        SocketChannel channel = ((ServerSocketChannel) getTransport()).accept();
        try {
            if (connections.admit(channel)) {
                channel.configureBlocking(false);
                configure(channel.socket());
                getSelectorManager().accept(channel);
            }
        } catch (IOException e) {
            // closed by its client already
            IO.close(channel);
        }
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key)
            throws IOException {
        SocketChannelEndPoint endPoint = super.newEndPoint(channel, selector, key);
        connections.opened(channel, endPoint);
        return endPoint;
    }

    @Override
    protected void onEndPointClosed(EndPoint endPoint) {
        super.onEndPointClosed(endPoint);
        connections.closed(endPoint);
    }
}
