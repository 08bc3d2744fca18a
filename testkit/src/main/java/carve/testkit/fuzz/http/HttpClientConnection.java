package carve.testkit.fuzz.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A client that sends bytes over a connection of their own and reads the replies.
 *
 * @param server the address
 * @param patience how long a client reads an answer before it goes away
 * @param silence how long a server may send nothing at all
 */
record HttpClientConnection(InetSocketAddress server, Duration patience, Duration silence) {
    private static final int CONNECT_MILLIS = 20_000;

    /**
     * The outcome of a request.
     *
     * @param replies all replies
     * @param silent whether the server sent nothing for too long and did not close the connection either
     * @param left whether the client went away before the end
     */
    record Exchange(List<HttpReply> replies, boolean silent, boolean left) {}

    /**
     * Sends a request and reads the replies until the server closes the connection, or as many as there are for a framed request.
     *
     * @throws java.net.ProtocolException if what comes is not HTTP
     * @throws IOException if there is no connection
     */
    Exchange send(HttpRequestBytes request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(server, CONNECT_MILLIS);
            socket.setSoTimeout((int) silence.toMillis());
            boolean whole = write(socket, request);
            if (request.isCut()) {
                if (request.bytes().length % 2 == 0) {
                    socket.setSoLinger(true, 0); // a reset in place of an orderly end
                }
                return new Exchange(List.of(), false, true);
            }
            if (!request.framed() && whole) {
                halfClose(socket);
            }
            return read(socket, request);
        }
    }

    // the server may have answered and closed the connection before it has everything
    private static boolean write(Socket socket, HttpRequestBytes request) {
        try {
            OutputStream out = socket.getOutputStream();
            int piece = request.piece() == 0 ? Math.max(1, request.sent()) : request.piece();
            for (int from = 0; from < request.sent(); from += piece) {
                out.write(request.bytes(), from, Math.min(piece, request.sent() - from));
                if (request.piece() > 0) {
                    Thread.sleep(1);
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void halfClose(Socket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            // closed by the server
        }
    }

    private Exchange read(Socket socket, HttpRequestBytes request) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        HttpReplyReader reader = new HttpReplyReader(new BufferedInputStream(socket.getInputStream()), end);
        List<HttpReply> replies = new ArrayList<>();
        try {
            Optional<HttpReply> reply = reader.next(request.bodiless());
            while (reply.isPresent()) {
                replies.add(reply.get());
                if (request.framed() || !reply.get().complete() || reply.get().isLast()) {
                    break;
                }
                reply = reader.next(request.bodiless());
            }
        } catch (SocketTimeoutException e) {
            return new Exchange(replies, true, false);
        } catch (SocketException e) {
            // reset: the server closed while there was more to read
            return new Exchange(replies, false, false);
        }
        return new Exchange(replies, false, System.nanoTime() > end);
    }
}
