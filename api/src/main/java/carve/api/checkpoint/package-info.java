/**
 * Named tensors, and the maps between a checkpoint's names and a model's.
 *
 * <p>Everything that has named tensors is a {@link carve.api.checkpoint.TensorSource}: a file, a folder, values in memory and
 * views ({@link carve.api.checkpoint.TensorSources}), and either side of a {@link carve.api.checkpoint.NameMap}. Sources are
 * mapped and lazy; nothing is copied whole. A model family says how the official names map to its own:
 *
 * {@snippet :
 * NameMap names = NameMap.of(
 *         NameRule.rename("model.layers.{i}.attention.wo.weight", "layers.{i}.mixer.o_proj.weight").forIndices(0, 24),
 *         NameRule.keep("model.tok_embeddings.weight"));
 * TensorSource model = names.toModel(checkpoint);
 * }
 *
 * <p>Problems of a file or folder are reported all at once, in one {@link carve.api.checkpoint.CheckpointException}. {@link
 * carve.api.checkpoint.DTypeConversion} converts stored elements to Java arrays and back.
 */
package carve.api.checkpoint;
