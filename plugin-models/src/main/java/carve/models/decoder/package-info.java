/**
 * Text decoders: the table of kinds ({@link carve.models.decoder.DecoderArchitectures}, rows in {@code LlamaArchitectures}, {@code
 * GemmaArchitectures} and {@code GptArchitectures}), the family that opens, converts and saves them, and their GGUF layout.
 */
package carve.models.decoder;
