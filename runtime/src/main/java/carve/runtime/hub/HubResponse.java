package carve.runtime.hub;

import java.net.URI;
import java.net.http.HttpHeaders;

/**
 * A response of the hub, or of the storage that it redirects to.
 *
 * @param uri who answered, after redirects
 * @param status the HTTP status
 * @param headers the headers
 * @param body the body
 */
record HubResponse(URI uri, int status, HttpHeaders headers, ResponseStream body) implements AutoCloseable {
    String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /** Returns the address without its query, which may hold a signature, and without a user. */
    static String shown(URI uri) {
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        return "%s://%s%s%s".formatted(uri.getScheme(), uri.getHost(), port, uri.getPath());
    }

    @Override
    public void close() {
        body.close();
    }
}
