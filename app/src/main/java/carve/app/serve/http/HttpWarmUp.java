package carve.app.serve.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * A server that answers one request, so that its classes are loaded. The launcher makes an archive of the classes that a first
 * command has loaded, from which later ones start in half the time; that command does not serve.
 */
public final class HttpWarmUp {
    private static final String REQUEST =
            "POST /warm-up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

    private HttpWarmUp() {}

    /**
     * Starts the server, sends it a request, and stops it.
     *
     * @return the response
     * @throws IOException if no port is available
     */
    public static String run() throws IOException {
        Router router = Router.builder(new StaticFiles("index.html", Set.of()))
                .route("POST", "/warm-up", call -> call.send(200, HttpCall.parse(call.body())))
                .build();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (HttpListener listener = HttpListener.start(address, Set.of(), HttpLimits.of(1024, 1000), router);
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), listener.address().getPort())) {
            socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
