/**
 * The server of models: OpenAI's API over HTTP, and the web page that uses it.
 *
 * <p>{@link carve.app.serve.Server} puts the handlers of {@link carve.app.serve.openai} and {@link carve.app.serve.web} into the
 * routing table of an {@link carve.app.serve.http.HttpListener}. Tokens reach a client through the queue of a {@link
 * carve.runtime.engine.GenerationJob}, so that a slow client does not hold up a model.
 *
 * <pre>{@code
 * try (Server server = Server.start(config, models, new RunHandlers(Optional.empty()))) {
 *     URI page = server.address();
 * }
 * }</pre>
 */
package carve.app.serve;
