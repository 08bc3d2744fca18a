package carve.runtime.plan;

/**
 * A word of a plan.
 *
 * @param name the word
 * @param origin where it was written, such as {@code hybrid.conf: 5: key 'layers', entry 2}
 */
record MixerReference(String name, String origin) {}
