/**
 * Mixtures of experts: the feed-forward part of which each position uses some of many.
 *
 * <p>A {@link carve.api.experts.MixtureOfExperts} is a {@link carve.api.experts.Router}, which chooses experts and their weights by
 * {@link carve.api.op.TopKRouting}, {@link carve.api.experts.Experts}, whose weights lie in one tensor for all and are multiplied
 * by {@link carve.api.op.GroupedLinear}, and perhaps a part that all positions share. Mixtral's is
 *
 * <pre>{@code
 * new MixtureOfExperts(
 *         new Router(hidden, 8, new TopKRouting(2, Scoring.SOFTMAX, true)),
 *         new Experts(8, hidden, intermediate, new GatedUnit.Plain(Activation.SILU), false));
 * }</pre>
 */
package carve.api.experts;
