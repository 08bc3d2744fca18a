/**
 * Checkpoints in Hugging Face layout, in and out: safetensors files, folders of them, and maps between their names and ours.
 *
 * <p>Everything that has named tensors is a {@link carve.api.checkpoint.TensorSource}: a file
 * ({@link carve.api.checkpoint.SafeTensors}), a folder ({@link carve.api.checkpoint.Checkpoint}), values at hand and views
 * ({@link carve.api.checkpoint.TensorSources}), and either side of a {@link carve.api.checkpoint.NameMap}. Sources are mapped
 * and lazy; nothing is copied whole. A model family says how the official names map to its own, and what it expects:
 *
 * {@snippet :
 * NameMap names = NameMap.of(
 *         NameRule.rename("model.layers.{i}.attention.wo.weight", "layers.{i}.mixer.o_proj.weight").over(0, 24),
 *         NameRule.keep("model.tok_embeddings.weight"));
 * try (Checkpoint teacher = Checkpoint.open(folder)) {
 *     manifest.verify(teacher, names);
 *     TensorSource model = names.toModel(teacher);
 *     new CheckpointWriter(copy).with(Checkpoint.CONFIG, teacher.config()).write(names.toCheckpoint(model));
 * }
 * }
 *
 * <p>Writing goes through {@link carve.api.checkpoint.Staging}: temporary names, a flush, a rename; what is killed in between
 * leaves the old files. Reading checks everything first; what is wrong with a file or folder is reported all at once, in one
 * {@link carve.api.checkpoint.CheckpointException}. {@link carve.api.checkpoint.Elements} converts stored elements to Java
 * arrays and back.
 */
package carve.api.checkpoint;
