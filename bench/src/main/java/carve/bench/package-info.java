/**
 * Measures a device against the limits of the machine it runs on, in one run.
 *
 * <p>The limits are measured first: fused multiply-adds of F32 in registers, and reading memory, on all processors. Each
 * kernel is then reported as a share of the one that binds it, with its shapes, the median and the quartiles; and only
 * after it agreed with the op's definition on the same operands.
 *
 * <pre>{@code
 * ./mvnw -q -pl bench -am -DskipTests package
 * java -p api/target/classes:plugin-cpu/target/classes:bench/target/classes --add-modules carve.cpu \
 *     --enable-native-access=carve.cpu -m carve.bench/carve.bench.Main cpu
 * }</pre>
 */
package carve.bench;
