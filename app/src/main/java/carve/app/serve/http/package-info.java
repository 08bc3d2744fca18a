/**
 * HTTP for the servers of this module, on Eclipse Jetty: a {@link carve.app.serve.http.HttpListener}
 * checks each request ({@link carve.app.serve.http.AccessControl}) and passes it, as an {@link carve.app.serve.http.HttpCall},
 * to the handler that the {@link carve.app.serve.http.Router} has for it. Errors are {@link
 * carve.app.serve.http.ApiException}s.
 *
 * <pre>{@code
 * Router router = Router.builder(new StaticFiles("index.html", Set.of()))
 *         .openRoute("GET", "/health", call -> call.send(200, JsonObject.empty().with("status", "ok")))
 *         .build();
 * try (HttpListener listener = HttpListener.start(address, Set.of(), HttpLimits.of(1 << 20, 10_000), router)) {
 *     URI page = listener.address();
 * }
 * }</pre>
 */
package carve.app.serve.http;
