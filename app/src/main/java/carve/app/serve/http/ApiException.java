package carve.app.serve.http;

import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.runtime.engine.EngineException;
import carve.runtime.engine.GenerationEvent;
import java.util.Optional;

/** The error of a request, with the status and body that OpenAI's API has for it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String code;
    private final String parameter;

    private ApiException(int status, String type, String code, String parameter, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.code = code;
        this.parameter = parameter;
    }

    /** Returns the error of an invalid parameter (status 400). */
    public static ApiException invalidParameter(String parameter, String message, Object... values) {
        return new ApiException(400, "invalid_request_error", "", parameter, format(message, values));
    }

    /** Returns the error of an invalid request with a status and a code. */
    public static ApiException requestError(int status, String code, String message, Object... values) {
        return new ApiException(status, "invalid_request_error", code, "", format(message, values));
    }

    /** Returns an error of the server. */
    public static ApiException serverError(int status, String message) {
        return new ApiException(status, "server_error", "", "", message);
    }

    /** Returns the error of a connection that is one too many for its remote address (status 429). */
    public static ApiException tooManyConnections(int limit) {
        return new ApiException(
                429,
                "rate_limit_error",
                "too_many_connections",
                "",
                format(
                        "Your address has %d connections to this server, the limit; close some, or try again later.",
                        limit));
    }

    /** Returns the error of a request whose text cannot fit into a model's context. */
    public static ApiException contextLength(String parameter, String message) {
        return new ApiException(400, "invalid_request_error", "context_length_exceeded", parameter, message);
    }

    /** Returns the error of a request that an engine refused. */
    public static ApiException of(EngineException e) {
        return of(e, "messages");
    }

    /**
     * Returns the error of a request that an engine refused.
     *
     * @param promptField the field of the prompt
     */
    public static ApiException of(EngineException e, String promptField) {
        return switch (e.reason()) {
            case QUEUE_FULL -> new ApiException(429, "rate_limit_error", "rate_limit_exceeded", "", e.getMessage());
            case CLOSED, UNAVAILABLE -> serverError(503, e.getMessage());
            case FAILED, NON_FINITE_LOGITS -> serverError(500, e.getMessage());
            case CONTEXT_LENGTH_EXCEEDED -> contextLength(promptField, e.getMessage());
        };
    }

    /**
     * Returns the error of a request that failed in its engine. The messages of defects stay in the server's log: a client can do
     * nothing with them.
     */
    public static ApiException of(GenerationEvent.Failed failed) {
        if (failed.cause() instanceof EngineException e) {
            return of(e);
        }
        if (failed.invalidRequest()) {
            return invalidParameter("", failed.message());
        }
        return serverError(500, "The model failed while processing the request; the server's log has the cause.");
    }

    private static String format(String message, Object... values) {
        return values.length == 0 ? message : message.formatted(values);
    }

    /** Returns the status of the reply. */
    public int status() {
        return status;
    }

    /** Returns whether the same request may succeed a little later. */
    public boolean isTemporary() {
        return status == 429 || status == 503;
    }

    /** Returns the body of the reply. */
    public JsonObject json() {
        return JsonObject.empty()
                .with(
                        "error",
                        JsonObject.empty()
                                .with(
                                        "message",
                                        Optional.ofNullable(getMessage()).orElse(""))
                                .with("type", type)
                                .with("param", text(parameter))
                                .with("code", text(code)));
    }

    private static JsonValue text(String text) {
        return text.isEmpty() ? new JsonNull() : new JsonString(text);
    }
}
