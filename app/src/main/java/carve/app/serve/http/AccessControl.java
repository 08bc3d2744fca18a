package carve.app.serve.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The checks of a request's host, origin and API key. With keys, a request needs one of them, as OpenAI's clients send it.
 * Requests from pages of other sites are refused, whether they come from the page's own origin or by a host name that points at
 * this machine (DNS rebinding).
 *
 * @param keys the keys
 * @param loopbackOnly whether only this machine can reach the server
 */
public record AccessControl(Set<String> keys, boolean loopbackOnly) {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    /** Copies the set. */
    public AccessControl {
        keys = Set.copyOf(keys);
    }

    /**
     * Refuses requests that come from the page of another site.
     *
     * @throws ApiException with status 403 if the request does
     */
    public void requireSameOrigin(HttpCall call) {
        Optional<String> host = call.header("Host");
        if (loopbackOnly && host.isPresent() && !LOOPBACK.contains(name(host.get()))) {
            throw ApiException.requestError(
                    403,
                    "forbidden_host",
                    "This server accepts requests for localhost only, not for host '%s'.",
                    host.get());
        }
        Optional<String> origin = call.header("Origin");
        if (origin.isPresent() && !authority(origin.get()).equalsIgnoreCase(host.orElse(""))) {
            throw ApiException.requestError(
                    403, "forbidden_origin", "Cross-origin requests from '%s' are not allowed.", origin.get());
        }
    }

    private static String name(String host) {
        int colon = host.lastIndexOf(':');
        boolean port = colon > host.lastIndexOf(']')
                && colon == host.indexOf(':', host.lastIndexOf(']') + 1)
                && host.substring(colon + 1).chars().allMatch(c -> c >= '0' && c <= '9');
        return (port ? host.substring(0, colon) : host).toLowerCase(Locale.ROOT);
    }

    private static String authority(String origin) {
        try {
            return Optional.ofNullable(URI.create(origin).getAuthority()).orElse("");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /**
     * Refuses requests without a valid key, if the server has keys.
     *
     * @throws ApiException with status 401 if the request has none
     */
    public void requireApiKey(HttpCall call) {
        if (keys.isEmpty()) {
            return;
        }
        String given = call.header("Authorization")
                .filter(header -> header.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(header -> header.substring(7).strip())
                .or(() -> call.header("X-Api-Key"))
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
