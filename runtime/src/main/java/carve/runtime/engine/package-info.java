/**
 * Lets models answer many sessions at once: a {@link carve.runtime.engine.ModelEngine} has a queue and one or several {@linkplain
 * carve.runtime.engine.Worker lanes}, each with the model on a device of its own, and the one thread that uses them.
 *
 * <p>Prompts are taken in pieces that end where the number of positions is a multiple of one constant, whatever came before
 * and whoever else is served, and steps of all sessions that decode are made together. So what a session gets depends on its
 * own tokens alone, to the bit: not on its neighbours, and not on whether its beginning was computed or came from a
 * {@link carve.runtime.engine.PrefixCache}.
 *
 * <pre>{@code
 * try (ModelEngine engine = ModelEngine.open("student", opening, config)) {
 *     Job job = engine.submit(new Request(prompt, sampler, stops, 64));
 *     for (Event event = job.take(); !(event instanceof Event.Ended); event = job.take()) {
 *         ...
 *     }
 * }
 * }</pre>
 */
package carve.runtime.engine;
