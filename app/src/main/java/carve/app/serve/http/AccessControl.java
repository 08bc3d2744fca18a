package carve.app.serve.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;

/**
 * Who may ask. With keys, a request needs one of them, as OpenAI's clients send it. Whatever the keys, a page of another site
 * that a browser shows may not ask here: not by its own address, and not by a name that it has pointed at this machine.
 *
 * @param keys the keys
 * @param loopbackOnly whether only this machine can reach the server
 */
public record AccessControl(Set<String> keys, boolean loopbackOnly) {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    public AccessControl {
        keys = Set.copyOf(keys);
    }

    /** Refuses requests that come from the page of another site. */
    public void requireSameOrigin(HttpCall httpCall) {
        Optional<String> host = httpCall.header("Host");
        if (loopbackOnly && host.isPresent() && !LOOPBACK.contains(name(host.get()))) {
            throw ApiException.requestError(
                    403, "forbidden_host", "This server is for this machine alone, not for '%s'.", host.get());
        }
        Optional<String> origin = httpCall.header("Origin");
        if (origin.isPresent() && !authority(origin.get()).equals(host.orElse(""))) {
            throw ApiException.requestError(403, "forbidden_origin", "Pages of '%s' may not ask here.", origin.get());
        }
    }

    private static String name(String host) {
        return host.replaceFirst(":\\d+$", "");
    }

    private static String authority(String origin) {
        try {
            return Optional.ofNullable(URI.create(origin).getAuthority()).orElse("");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Refuses requests without a key, where there are any. */
    public void requireApiKey(HttpCall httpCall) {
        if (keys.isEmpty()) {
            return;
        }
        String given = httpCall.header("Authorization")
                .filter(header -> header.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(header -> header.substring(7).strip())
                .or(() -> httpCall.header("X-Api-Key"))
                .orElse("");
        if (given.isEmpty()) {
            throw ApiException.requestError(
                    401,
                    "invalid_api_key",
                    "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.");
        }
        boolean known = false;
        for (String key : keys) {
            known |= MessageDigest.isEqual(bytes(key), bytes(given));
        }
        if (!known) {
            throw ApiException.requestError(401, "invalid_api_key", "Incorrect API key provided.");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
