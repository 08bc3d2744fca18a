/**
 * Checkpoints in safetensors: one file or shards with an index, read by memory mapping, written in one transaction.
 *
 * {@snippet :
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("models/teacher"))) {
 *     checkpoint.names().forEach(name -> System.out.println(name + " " + checkpoint.type(name)));
 *     new CheckpointWriter(Path.of("models/copy")).write(checkpoint);
 * }
 * }
 *
 * <p>{@link carve.runtime.safetensors.SafeTensorsFile} and {@link carve.runtime.safetensors.SafeTensorsWriter} are for single files.
 */
package carve.runtime.safetensors;
