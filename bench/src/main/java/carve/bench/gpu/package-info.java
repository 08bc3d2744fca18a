/**
 * Measurements of a GPU: agreement with the fixtures, then speeds and memory, in one run that ends in time, for {@code
 * bench/gpu.sh}. Nothing here knows which device it measures; on a processor the same program runs with small shapes.
 *
 * <pre>{@code
 * java ... -m carve.bench/carve.bench.gpu.Main cpu out 60 fixtures small
 * }</pre>
 */
package carve.bench.gpu;
