package carve.models.decoder.gguf;

import java.util.function.Consumer;

/**
 * A group of metadata that several architectures have, read and written.
 *
 * @param read sets keys of {@code config.json} by metadata and the names of tensors
 * @param write sets metadata, and adds tensors that are no parameters, by the decoder
 */
record GgufTrait(Consumer<GgufReading> read, Consumer<GgufWriting> write) {}
