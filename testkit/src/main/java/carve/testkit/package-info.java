/**
 * Contracts of the SPIs as tests to inherit, with small models, random tensors, assertions, a device that checks its
 * callers, and the golden files of the official code.
 *
 * <p>A test of a mixer, device, kernel, loss, stage or model family extends its contract, returns what is under test,
 * and declares what it does not support, so that the contract asserts the refusal:
 *
 * <pre>{@code
 * final class RetentionTest extends MixerContract {
 *     @Override
 *     protected Mixer mixer(LayerConfig dims) {
 *         return new Retention(dims, 0.9);
 *     }
 * }
 * }</pre>
 *
 * <table>
 * <caption>Contracts</caption>
 * <tr><th>extend</th><th>for</th></tr>
 * <tr><td>{@link carve.testkit.MixerContract}</td><td>a mixer</td></tr>
 * <tr><td>{@link carve.testkit.FeedForwardContract}</td><td>a feed-forward part</td></tr>
 * <tr><td>{@link carve.testkit.FusedOpContract}</td><td>a fused op of a plugin</td></tr>
 * <tr><td>{@link carve.testkit.DeviceContract}, {@link carve.testkit.KernelContract}, {@link
 *     carve.testkit.LayerFixtureContract}</td><td>a device and its kernels</td></tr>
 * <tr><td>{@link carve.testkit.GradientContract}</td><td>the gradients of primitives, on any device</td></tr>
 * <tr><td>{@link carve.testkit.LossContract}, {@link carve.testkit.StageContract}</td><td>losses and stages</td></tr>
 * <tr><td>{@link carve.testkit.FamilyContract}</td><td>a model family</td></tr>
 * </table>
 *
 * <p>Close means the ratios of {@link carve.testkit.Tolerance}, see {@link carve.testkit.TensorAssertions}; where a law
 * is exact, bits are compared. The seed is 42, extents are 1, 2, 5, 13, 63, 64, 65 and 200.
 */
package carve.testkit;
