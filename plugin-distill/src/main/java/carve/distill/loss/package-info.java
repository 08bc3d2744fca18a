/**
 * The losses {@code mean-square}, {@code frobenius}, {@code kl}, {@code reverse-kl}, {@code jensen-shannon}, {@code
 * hard-cross-entropy} and {@code cross-entropy}.
 *
 * <p>Which positions count is the setting {@code mask}, how their values become one number the setting {@code reduction}.
 * The authors' own choices and sane ones are values of both:
 *
 * <pre>{@code
 * { type = mean-square, at = heads, weight = 1000, mask = all, reduction = elements }   # mmMamba, stages 1 and 2
 * { type = mean-square, at = heads, weight = 1000, mask = padding, reduction = tokens }
 * { type = kl, mask = all, reduction = batch }                                          # mmMamba, stage 3
 * { type = kl, mask = padding, reduction = tokens }
 * { type = frobenius, at = hidden, forcing = teacher, layers = sum, mask = all, reduction = sum }   # MaTVLM, layers
 * { type = kl, at = hidden, forcing = teacher, layers = sum, mask = all, reduction = batch }        # the same by softmax
 * { type = jensen-shannon, form = swapped, mask = all, reduction = batch }                          # MaTVLM, logits
 * }</pre>
 */
package carve.distill.loss;
