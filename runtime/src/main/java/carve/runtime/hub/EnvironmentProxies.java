package carve.runtime.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxies that {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY} name, in upper or lower case.
 * Where none of them is set, the proxies of the JVM's system properties are used.
 */
public final class EnvironmentProxies extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final Map<String, URI> proxies;
    private final List<String> excluded;

    private EnvironmentProxies(Map<String, URI> proxies, List<String> excluded) {
        this.proxies = Map.copyOf(proxies);
        this.excluded = List.copyOf(excluded);
    }

    /**
     * Returns the proxies of an environment.
     *
     * @throws HubException if one is not the address of an HTTP proxy
     */
    public static EnvironmentProxies of(Map<String, String> environment) {
        Map<String, URI> proxies = new HashMap<>();
        for (String scheme : List.of("http", "https")) {
            Stream.of(scheme + "_proxy", "all_proxy")
                    .flatMap(name -> Stream.of(name, name.toUpperCase(Locale.ROOT)))
                    .filter(name -> !environment.getOrDefault(name, "").isBlank())
                    .findFirst()
                    .ifPresent(name -> proxies.put(
                            scheme, proxy(name, environment.get(name).strip())));
        }
        String none = environment.getOrDefault("no_proxy", environment.getOrDefault("NO_PROXY", ""));
        List<String> excluded = Arrays.stream(none.split(","))
                .map(host -> host.strip().toLowerCase(Locale.ROOT))
                .filter(host -> !host.isEmpty())
                .toList();
        return new EnvironmentProxies(proxies, excluded);
    }

    // credentials may stand in the address: the message does not repeat it
    private static URI proxy(String variable, String text) {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && uri.getScheme().equals("http")) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new HubException(variable + ": not the address of an HTTP proxy; expected http://HOST:PORT");
    }

    @Override
    public List<Proxy> select(URI uri) {
        if (proxies.isEmpty()) {
            return Optional.ofNullable(ProxySelector.getDefault())
                    .map(usual -> usual.select(uri))
                    .orElse(DIRECT);
        }
        URI proxy = proxies.get(uri.getScheme());
        return proxy == null || isExcluded(uri) ? DIRECT : List.of(new Proxy(Proxy.Type.HTTP, address(proxy)));
    }

    private static InetSocketAddress address(URI proxy) {
        return InetSocketAddress.createUnresolved(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort());
    }

    private boolean isExcluded(URI uri) {
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        return excluded.stream().anyMatch(entry -> {
            String name = entry.replaceFirst("^\\*?\\.", "");
            return entry.equals("*")
                    || host.equals(name)
                    || host.endsWith("." + name)
                    || (host + ":" + uri.getPort()).equals(name);
        });
    }

    /** Returns the value of {@code Proxy-Authorization} for a request, if it goes over a proxy whose address has a user. */
    Optional<String> authorization(URI uri) {
        return Optional.ofNullable(proxies.get(uri.getScheme()))
                .filter(_ -> !isExcluded(uri))
                .map(URI::getUserInfo)
                .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the request fails with the same exception
    }
}
