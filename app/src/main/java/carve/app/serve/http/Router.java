package carve.app.serve.http;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The routing table of a server: handlers by path and method. A path whose last segment is {@code *} stands for every path with
 * another last segment; exact paths go first. {@code HEAD} is routed as {@code GET}, {@code OPTIONS} is answered with the methods
 * of the path, and what no route has is answered by a fallback, which serves public files.
 */
public final class Router {
    /** The handler of a method at a path, and whether it is open to requests without a key. */
    record Route(RequestHandler handler, boolean open) {}

    private final Map<String, Map<String, Route>> routes;
    private final Route fallback;

    private Router(Builder builder) {
        Map<String, Map<String, Route>> copy = new HashMap<>();
        builder.routes.forEach((path, methods) -> copy.put(path, new TreeMap<>(methods)));
        this.routes = Map.copyOf(copy);
        this.fallback = new Route(builder.fallback, true);
    }

    /** Collects the routes of a router. */
    public static final class Builder {
        private final Map<String, Map<String, Route>> routes = new HashMap<>();
        private final RequestHandler fallback;

        private Builder(RequestHandler fallback) {
            this.fallback = fallback;
        }

        /** Adds a route that needs a key, where the server has keys. */
        public Builder route(String method, String path, RequestHandler handler) {
            return add(method, path, new Route(handler, false));
        }

        /** Adds a route that needs no key and is answered even while the server shuts down. */
        public Builder openRoute(String method, String path, RequestHandler handler) {
            return add(method, path, new Route(handler, true));
        }

        private Builder add(String method, String path, Route route) {
            if (routes.computeIfAbsent(path, _ -> new TreeMap<>()).putIfAbsent(method, route) != null) {
                throw new IllegalArgumentException("two routes for %s %s".formatted(method, path));
            }
            return this;
        }

        /** Returns the router. */
        public Router build() {
            return new Router(this);
        }
    }

    /** Starts a table whose other {@code GET} requests are answered by a fallback, without a key. */
    public static Builder builder(RequestHandler fallback) {
        return new Builder(fallback);
    }

    /**
     * Returns the route of a request.
     *
     * @throws ApiException with status 405, and the header {@code Allow}, if the path has other methods only; with status 404 if
     *     there is no such path
     */
    Route route(HttpCall call) {
        String method = method(call);
        Map<String, Route> methods = methods(call.path());
        if (methods.containsKey(method)) {
            return methods.get(method);
        }
        if (!methods.isEmpty()) {
            call.setHeader("Allow", allowed(methods.keySet()));
            if (method.equals("OPTIONS")) {
                return new Route(options -> options.send(204, "", new byte[0]), false);
            }
            throw ApiException.requestError(
                    405,
                    "method_not_allowed",
                    "%s supports %s, not %s.",
                    call.path(),
                    String.join(", ", methods.keySet()),
                    call.method());
        }
        if (!method.equals("GET")) {
            throw unknown(call);
        }
        return fallback;
    }

    private static String allowed(Set<String> methods) {
        Set<String> allowed = new TreeSet<>(methods);
        allowed.add("OPTIONS");
        if (methods.contains("GET")) {
            allowed.add("HEAD");
        }
        return String.join(", ", allowed);
    }

    /** Returns whether a request needs no key: it has an open route, or is for a public file. */
    boolean isOpen(HttpCall call) {
        Map<String, Route> methods = methods(call.path());
        return methods.isEmpty()
                ? method(call).equals("GET")
                : methods.containsKey(method(call)) && methods.get(method(call)).open();
    }

    private static String method(HttpCall call) {
        return call.method().equals("HEAD") ? "GET" : call.method();
    }

    private Map<String, Route> methods(String path) {
        int lastSegment = path.lastIndexOf('/') + 1;
        boolean named = lastSegment < path.length();
        Map<String, Route> family =
                named ? routes.getOrDefault(path.substring(0, lastSegment) + "*", Map.of()) : Map.of();
        Map<String, Route> methods = new TreeMap<>(family);
        methods.putAll(routes.getOrDefault(path, Map.of()));
        return methods;
    }

    /** Returns the error of a request for a path that is not there. */
    static ApiException unknown(HttpCall call) {
        return ApiException.requestError(404, "unknown_url", "Unknown request URL: %s %s.", call.method(), call.path());
    }
}
