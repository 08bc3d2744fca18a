package carve.cuda;

/**
 * What a driver says of its card.
 *
 * @param name the model
 * @param architecture what compilers call it, such as {@code sm_90}
 * @param memory bytes of memory
 * @param processors multiprocessors
 */
record Card(String name, String architecture, long memory, int processors) {}
