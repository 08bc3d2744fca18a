/**
 * GGUF files, as families read them: metadata, tensors, and the converter between llama.cpp's layout and a
 * family's own.
 */
package carve.api.gguf;
