package carve.runtime.safetensors;

/**
 * A tensor as its file has it, before it is unpacked.
 *
 * @param type the name of its storage type, as the file's format calls it
 * @param bytes how many bytes it takes
 */
public record StoredTensor(String type, long bytes) {}
