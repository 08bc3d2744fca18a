package carve.runtime.plan;

/**
 * The name of a mixer in a plan, and where it is written.
 *
 * @param name the word
 * @param origin where it was written, such as {@code hybrid.conf: 5: key 'layers', entry 2}
 */
record MixerReference(String name, String origin) {}
