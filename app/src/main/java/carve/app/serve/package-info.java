/**
 * The server: models over HTTP, as OpenAI's interface has them, and the web page that talks to them.
 *
 * <p>It stands on the server of the JDK, {@code jdk.httpserver}: nothing to download or to keep up to date, one virtual thread
 * for each exchange, and blocking channels that end when their thread is interrupted. That is how a {@link
 * carve.app.serve.http.Deadlines} ends who sends half a body or does not read. Answers go through the queue of a {@link
 * carve.runtime.engine.GenerationJob}, so nobody who is slow holds up a model.
 *
 * <p>Each request is a {@link carve.app.serve.http.HttpCall}; a {@link carve.app.serve.http.RequestHandler} answers it, and is put into the table of
 * {@link carve.app.serve.Server}. What a request does wrong is an {@link carve.app.serve.http.ApiException}, which is told in
 * OpenAI's form.
 *
 * <pre>{@code
 * try (Server server = Server.start(config, models, Map.of())) {
 *     URI page = server.address();
 * }
 * }</pre>
 */
package carve.app.serve;
