/**
 * The losses {@code mean-square}, {@code kl} and {@code cross-entropy}.
 *
 * <p>Which positions count is the setting {@code mask}, how their values become one number the setting {@code reduction}.
 * The authors' own choices and sane ones are values of both:
 *
 * <pre>{@code
 * { type = mean-square, at = heads, weight = 1000, mask = all, reduction = elements }   # mmMamba, stages 1 and 2
 * { type = mean-square, at = heads, weight = 1000, mask = padding, reduction = tokens }
 * { type = kl, mask = all, reduction = batch }                                          # mmMamba, stage 3
 * { type = kl, mask = padding, reduction = tokens }
 * }</pre>
 */
package carve.distill.loss;
