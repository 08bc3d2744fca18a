/**
 * The losses {@code mean-squared-error}, {@code frobenius}, {@code kl}, {@code reverse-kl}, {@code jensen-shannon}, {@code
 * hard-cross-entropy} and {@code cross-entropy}.
 *
 * <p>Which positions count is the setting {@code mask}, how their values become one number the setting {@code reduction}.
 * The authors' own choices and sane ones are values of both:
 *
 * <pre>{@code
 * { type = mean-squared-error, site = heads, weight = 1000, mask = all, reduction = mean }   # mmMamba, stages 1 and 2
 * { type = mean-squared-error, site = heads, weight = 1000, mask = non-padding, reduction = token-mean }
 * { type = kl, mask = all, reduction = batch-mean }                                          # mmMamba, stage 3
 * { type = kl, mask = non-padding, reduction = token-mean }
 * { type = frobenius, site = hidden, inputs = teacher, layer-reduction = sum, mask = all, reduction = sum }   # MaTVLM, layers
 * { type = kl, site = hidden, inputs = teacher, layer-reduction = sum, mask = all, reduction = batch-mean }        # the same by softmax
 * { type = jensen-shannon, form = reversed, mask = all, reduction = batch-mean }                          # MaTVLM, logits
 * }</pre>
 */
package carve.distill.loss;
