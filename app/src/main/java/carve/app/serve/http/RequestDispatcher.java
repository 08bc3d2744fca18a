package carve.app.serve.http;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Checks each request, passes it to its handler, and sends the errors. Every request has a thread of its own. */
final class RequestDispatcher extends Handler.Abstract {
    private static final System.Logger LOG =
            System.getLogger(RequestDispatcher.class.getModule().getName());

    private final Router router;
    private final AccessControl accessControl;
    private final HttpLimits limits;
    private final ConnectionTable connections;
    private final AtomicInteger active = new AtomicInteger();
    private volatile boolean draining;

    RequestDispatcher(Router router, AccessControl accessControl, HttpLimits limits, ConnectionTable connections) {
        this.router = router;
        this.accessControl = accessControl;
        this.limits = limits;
        this.connections = connections;
    }

    int activeRequests() {
        return active.get();
    }

    /** Refuses requests from now on, but those of open routes. */
    void drain() {
        draining = true;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ClientConnection connection = connections.of(request);
        if (!connection.beginRequest()) {
            request.getConnectionMetaData().getConnection().getEndPoint().close();
            callback.failed(new EofException("the connection was closed"));
            return true;
        }
        active.incrementAndGet();
        try {
            answerAndEnd(request, response, callback, connection);
        } finally {
            active.decrementAndGet();
        }
        return true;
    }

    // the connection may have its next request as soon as the callback is told
    private void answerAndEnd(Request request, Response response, Callback callback, ClientConnection connection) {
        boolean complete = false;
        try {
            complete = answer(new HttpCall(request, response, connection, limits));
        } finally {
            connection.endRequest(complete && request.getConnectionMetaData().isPersistent());
            if (complete) {
                callback.succeeded();
            } else {
                callback.failed(new EofException("the response was cut off"));
            }
        }
    }

    // returns whether the response is complete
    private boolean answer(HttpCall call) {
        try {
            try {
                checkAndRoute(call);
            } catch (ApiException e) {
                call.sendError(e);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.WARNING, "a request failed", e);
                call.sendError(ApiException.serverError(500, "The server had an error while processing your request."));
            }
            return !call.isCut();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "client disconnected: {0}", e.toString());
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "the server stopped during a request");
        }
        return false;
    }

    private void checkAndRoute(HttpCall call) throws IOException, InterruptedException {
        call.requireBoundedHead();
        accessControl.requireSameOrigin(call);
        if (!router.isOpen(call)) {
            accessControl.requireApiKey(call);
            if (draining) {
                throw ApiException.serverError(503, "The server is shutting down.");
            }
        }
        router.route(call).handler().handle(call);
    }
}
