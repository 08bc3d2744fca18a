/**
 * Models on disk: folders in Hugging Face layout and GGUF files.
 *
 * <p>{@link carve.runtime.model.ModelFolder} maps a checkpoint, verifies its tensors against the model's architecture, takes it to a
 * device and writes it. {@link carve.runtime.model.RandomModel} has the architecture of a published model and random weights.
 *
 * {@snippet :
 * try (ModelFolder folder = ModelFolder.open(Path.of("models/hybrid"), catalogs);
 *         LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
 *     folder.save(model, Path.of("models/copy"));
 * }
 * }
 */
package carve.runtime.model;
