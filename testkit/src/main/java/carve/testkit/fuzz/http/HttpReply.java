package carve.testkit.fuzz.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A reply as it came over a connection.
 *
 * @param status its code
 * @param headers its headers by their names in lower case
 * @param body the body, without the framing of chunks
 * @param complete whether the body came to its end
 */
record HttpReply(int status, Map<String, String> headers, byte[] body, boolean complete) {
    /** Returns the body as text. */
    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Returns whether the server closes the connection after it. */
    boolean isLast() {
        return headers.getOrDefault("connection", "").equalsIgnoreCase("close");
    }

    /** Returns the type of the body without parameters; empty if there is none. */
    String type() {
        String type = headers.getOrDefault("content-type", "");
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip();
    }
}
