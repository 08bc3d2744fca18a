package carve.app.serve.http;

import carve.api.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Sends the errors of requests that are not valid HTTP, and so reach no handler, in OpenAI's form. */
final class ProtocolErrorHandler implements Request.Handler {
    private final ConnectionTable connections;

    ProtocolErrorHandler(ConnectionTable connections) {
        this.connections = connections;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        connections.of(request).endRequest(false);
        ApiException error = error(response.getStatus(), request.getAttribute(ErrorHandler.ERROR_EXCEPTION));
        response.setStatus(error.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        response.write(true, ByteBuffer.wrap(Json.compact(error.json()).getBytes(StandardCharsets.UTF_8)), callback);
        return true;
    }

    private static ApiException error(int status, Object cause) {
        if (!(cause instanceof HttpException invalid)) {
            return ApiException.serverError(
                    status < 500 ? 500 : status, "The server had an error while processing your request.");
        }
        String reason = Optional.ofNullable(invalid.getReason()).orElse(HttpStatus.getMessage(invalid.getCode()));
        return switch (invalid.getCode()) {
            case HttpStatus.URI_TOO_LONG_414 -> HttpCall.targetTooLong();
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> HttpCall.headersTooLarge();
            case HttpStatus.BAD_REQUEST_400 ->
                reason.equals("No Host")
                        ? ApiException.requestError(
                                400, "missing_host", "A request of HTTP/1.1 needs the header 'Host'.")
                        : ApiException.requestError(400, "invalid_http", "The request is not valid HTTP: %s.", reason);
            default -> ApiException.requestError(invalid.getCode(), "invalid_http", "%s.", reason);
        };
    }
}
