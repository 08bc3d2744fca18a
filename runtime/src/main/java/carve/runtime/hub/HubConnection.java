package carve.runtime.hub;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Requests to the hub. Redirects are followed here, since the access token must not go to the storage that they lead to: it is
 * sent to the hub's own scheme, host and port alone. Any thread may use it.
 */
final class HubConnection implements AutoCloseable {
    private static final int MAX_REDIRECTS = 10;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int RANGE_REFUSED = 416;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<Integer> PASSING = Set.of(408, TOO_MANY_REQUESTS, 500, 502, 503, 504);
    private static final long MAX_ANSWER = 64L << 20;
    private static final long MAX_VALUES = 4L << 20;

    private final HubConfig config;
    private final HttpClient client;

    HubConnection(HubConfig config) {
        this.config = config;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(config.timeout())
                .proxy(config.proxies())
                .build();
    }

    /**
     * Returns the files of a repository at a revision.
     *
     * @throws HubException if there is no such repository or revision, it is not open to the user, or the hub cannot be reached
     */
    RepositoryListing listing(HubReference reference, Retries retries) throws InterruptedException {
        URI uri = URI.create("%s/api/models/%s/revision/%s?blobs=true"
                .formatted(config.endpoint(), reference.repository(), encoded(reference.revision())));
        while (true) {
            try (HubResponse response = get(reference, uri, 0)) {
                return RepositoryListing.of(reference.repository(), json(reference, response));
            } catch (ConnectException | SSLException e) {
                throw new HubException(
                        "%s cannot be reached: %s; HTTPS_PROXY names a proxy, HF_ENDPOINT another hub"
                                .formatted(config.endpoint(), Retries.reason(e)),
                        e);
            } catch (IOException e) {
                retries.failed(reference.toString(), e);
            }
        }
    }

    private static JsonObject json(HubReference reference, HubResponse response)
            throws IOException, InterruptedException {
        String origin = HubResponse.shown(response.uri());
        String type = response.header("Content-Type").toLowerCase(Locale.ROOT);
        if (!type.contains("json")) {
            throw new HubException(
                    "%s: %s answered with %s where JSON was expected; a proxy or a login page may stand between, or HF_ENDPOINT is not a hub"
                            .formatted(reference, origin, type.isEmpty() ? "no content type" : type));
        }
        try {
            return Json.parseObject(response.body().readAll(MAX_ANSWER), origin, MAX_VALUES);
        } catch (JsonException e) {
            throw new HubException("%s: the hub's answer is not JSON: %s".formatted(reference, e.getMessage()), e);
        }
    }

    /** Returns the address of a file at a commit. */
    URI address(HubReference reference, String commit, String file) {
        String path = Arrays.stream(file.split("/")).map(HubConnection::encoded).collect(Collectors.joining("/"));
        return URI.create("%s/%s/resolve/%s/%s".formatted(config.endpoint(), reference.repository(), commit, path));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * Sends a request, to where it is redirected at last.
     *
     * @param offset the first byte that is wanted
     * @return the response, of status 200, 206 or 416; closed by the caller
     * @throws IOException if the connection fails, or the server cannot answer now
     * @throws HubException if the hub or a proxy refuses, or the hub redirects in circles
     */
    HubResponse get(HubReference reference, URI uri, long offset) throws IOException, InterruptedException {
        URI target = uri;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HubResponse response = send(target, offset);
            Optional<String> location = REDIRECTS.contains(response.status())
                    ? response.headers().firstValue("Location")
                    : Optional.empty();
            if (location.isEmpty()) {
                return checked(reference, response);
            }
            response.body().skip();
            target = redirected(reference, target, location.get());
        }
        throw new HubException("%s: %s redirects more than %d times, last to %s"
                .formatted(reference, HubResponse.shown(uri), MAX_REDIRECTS, HubResponse.shown(target)));
    }

    private static URI redirected(HubReference reference, URI from, String location) {
        try {
            URI to = from.resolve(location);
            boolean known = to.getHost() != null && List.of("http", "https").contains(to.getScheme());
            boolean weaker = from.getScheme().equals("https") && !"https".equals(to.getScheme());
            if (known && !weaker) {
                return to;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new HubException("%s: %s redirects to '%s', which is refused; expected an address of https"
                .formatted(reference, HubResponse.shown(from), location.replaceFirst("\\?.*", "")));
    }

    private HubResponse send(URI uri, long offset) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("User-Agent", "carve; java/" + Runtime.version().feature())
                .header("Accept-Encoding", "identity");
        if (!config.token().isEmpty() && isHub(uri)) {
            request.header("Authorization", "Bearer " + config.token());
        }
        config.proxies().authorization(uri).ifPresent(user -> request.header("Proxy-Authorization", user));
        if (offset > 0) {
            request.header("Range", "bytes=%d-".formatted(offset));
        }
        HttpResponse<ResponseStream> response =
                await(client.sendAsync(request.build(), _ -> new ResponseStream(config.timeout())));
        if (response.body() == null) {
            // status 407 of a proxy to CONNECT; any other status of one is an IOException
            throw HubErrors.ofProxy(uri);
        }
        return new HubResponse(uri, response.statusCode(), response.headers(), response.body());
    }

    // the timeout of a request would cover the body, too, from Java 26 on
    private <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        try {
            return answer.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new HttpTimeoutException(
                    "no answer for %d s".formatted(config.timeout().toSeconds()));
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        }
    }

    private boolean isHub(URI uri) {
        URI hub = config.endpoint();
        return uri.getScheme().equals(hub.getScheme())
                && uri.getHost().equalsIgnoreCase(hub.getHost())
                && port(uri) == port(hub);
    }

    private static int port(URI uri) {
        int usual = uri.getScheme().equals("https") ? 443 : 80;
        return uri.getPort() < 0 ? usual : uri.getPort();
    }

    private HubResponse checked(HubReference reference, HubResponse response) throws BusyException {
        int status = response.status();
        if (status == OK || status == PARTIAL || status == RANGE_REFUSED) {
            return response;
        }
        response.close();
        String server = HubResponse.shown(response.uri());
        if (PASSING.contains(status)) {
            Duration wait = RetryAfter.of(response.headers(), Instant.now());
            String kind = status == TOO_MANY_REQUESTS
                    ? "%s limits requests (status 429)"
                    : "%s answered with status " + status;
            throw new BusyException(kind.formatted(server), wait);
        }
        if (!isHub(response.uri())) {
            // signed addresses expire; the hub gives a new one
            throw new BusyException("%s refused with status %d".formatted(server, status), Duration.ZERO);
        }
        throw HubErrors.of(config, reference, response);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
