/**
 * Decoders in GGUF files, as llama.cpp writes and reads them. {@link carve.models.decoder.gguf.DecoderGgufLayout} reads and writes
 * all kinds by the table {@code GgufArchitectures}, whose rows say, for each {@code general.architecture}, which groups of metadata
 * it has ({@code GgufTrait}) and which values its tensors store in another way.
 */
package carve.models.decoder.gguf;
