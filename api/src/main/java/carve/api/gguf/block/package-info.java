/**
 * The block formats of GGUF that no device computes with: each is unpacked to a type that devices have when a tensor is read.
 *
 * <p>A {@link carve.api.gguf.block.BlockFormat} is one row of a table: how many elements a block stands for, how many bytes it
 * takes, the type it unpacks to, and the function that does so. The target is the smallest type that holds the very values
 * which ggml computes in F32, so nothing is lost:
 *
 * <ul>
 * <li>a block of small integers that share one F16 scale becomes {@code Q4_0} or {@code Q8_0}, integers with a scale of their
 * own for each 16 elements become {@code Q6_K};
 * <li>floating-point numbers of 4 bits become {@code BF16};
 * <li>all others, whose values need more than 16 bits, become {@code F32}.
 * </ul>
 */
package carve.api.gguf.block;
