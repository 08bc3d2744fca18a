/**
 * Carve as a library: models are opened, run, converted, trained, evaluated and saved by a few calls.
 *
 * <p>{@link carve.runtime.Carve} holds a device and the plugins that the program has on its module path or class path: devices,
 * mixers, model families, losses and stages. {@link carve.runtime.Model} is a model on that device.
 *
 * {@snippet :
 * try (Carve carve = Carve.open();
 *         Model model = carve.load(Path.of("models/hybrid"))) {
 *     Prompt prompt = Prompt.user("Who are you?");
 *     Generation answer = model.generate(prompt, Sampling.greedy(), piece -> System.out.print(piece.text()));
 *     System.out.println(answer.finishReason());
 * }
 * }
 *
 * <p>Programs that need more than these calls use the other packages of the module, with {@link carve.runtime.Carve#catalogs()}
 * and {@link carve.runtime.Carve#device()}: {@code model} for folders and GGUF files, {@code plan} and {@code convert} for layer
 * plans, {@code engine} for batches and servers, {@code train}, {@code eval}, {@code memory}. The module needs no command line, no
 * dependency injection and no settings language; the artifact {@code carve-hocon} adds HOCON.
 */
package carve.runtime;
