package carve.testkit.fuzz.http;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules for replies: an answer of status 2xx in its type, or an error of status 4xx, 501, 503, 505 or 507 with OpenAI's JSON,
 * and nothing of the server's insides in either.
 */
final class ReplyRules {
    private static final Set<Integer> ERRORS_OF_SERVERS = Set.of(501, 503, 505, 507);
    private static final List<String> KEYS = List.of("message", "type", "param", "code");
    private static final Pattern INSIDES = Pattern.compile(
            "[A-Za-z]Exception\\b|\\bjava\\.[a-z]+\\.|\\bcarve\\.(api|runtime|app|models)\\.|\\tat |Throwable|OutOfMemory");

    private ReplyRules() {}

    /** Returns whether a reply is an answer, not an error. */
    static boolean isAnswer(HttpReply reply) {
        return reply.status() < 300 && reply.complete();
    }

    /** Returns what is wrong with a reply, if anything is. */
    static Optional<String> problem(HttpReply reply, boolean bodiless) {
        try {
            return check(reply, bodiless).map(problem -> problem + ": " + reply.status() + " " + shown(reply.text()));
        } catch (JsonException e) {
            return Optional.of(
                    "the body is not JSON, %s: %d %s".formatted(e.getMessage(), reply.status(), shown(reply.text())));
        }
    }

    private static Optional<String> check(HttpReply reply, boolean bodiless) {
        int status = reply.status();
        if (status >= 300 && status < 400 || status >= 500 && !ERRORS_OF_SERVERS.contains(status)) {
            return Optional.of("unexpected status");
        }
        if (INSIDES.matcher(reply.text()).find()) {
            return Optional.of("the reply tells of the server's insides");
        }
        if (bodiless) {
            return Optional.empty();
        }
        return status >= 400 ? error(reply.type(), reply.text()) : answer(reply);
    }

    private static Optional<String> error(String type, String text) {
        if (!type.equals("application/json")) {
            return Optional.of("an error of the type '" + type + "'");
        }
        JsonObject error = Json.parseObject(text, "reply").object("error");
        boolean shaped = List.copyOf(error.keys()).equals(KEYS)
                && !error.string("message").isBlank()
                && !error.string("type").isBlank();
        return shaped ? Optional.empty() : Optional.of("the error is not shaped as OpenAI's");
    }

    private static Optional<String> answer(HttpReply reply) {
        return switch (reply.type()) {
            case "application/json" -> {
                // cut off: the client had enough, or the server cut an answer that failed after keep-alives
                if (reply.complete()) {
                    Json.parse(reply.text(), "reply");
                }
                yield Optional.empty();
            }
            case "text/event-stream" -> events(reply);
            case "" -> reply.body().length == 0 ? Optional.empty() : Optional.of("a body without a type");
            default -> Optional.empty();
        };
    }

    private static Optional<String> events(HttpReply reply) {
        String[] events = reply.text().split("\n\n", -1);
        String last = "";
        // what follows the last empty line is an event that was cut off
        for (int i = 0; i < events.length - 1; i++) {
            if (events[i].startsWith(":")) {
                continue;
            }
            if (!events[i].startsWith("data: ")) {
                return Optional.of("an event without data");
            }
            last = events[i].substring("data: ".length());
            if (!last.equals("[DONE]")) {
                JsonObject event = Json.parseObject(last, "event");
                if (event.has("error")) {
                    return error("application/json", last);
                }
            }
        }
        return reply.complete() && !last.equals("[DONE]") ? Optional.of("a stream without its end") : Optional.empty();
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(400, text.length())).replaceAll("[^ -~]", "?");
    }
}
