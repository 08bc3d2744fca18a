/**
 * The writer of GGUF files, as llama.cpp reads them. The reader, which model families use, is {@link carve.api.gguf.GgufFile}.
 *
 * {@snippet :
 * GgufWriter.write(Path.of("model.gguf"), metadata, tensors);
 * }
 */
package carve.runtime.gguf;
