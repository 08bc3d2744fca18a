/**
 * Distillation: stages in which a student learns from a teacher, or a model from answers.
 *
 * <p>A stage chooses the parameters that it trains by globs, observes named sites of teacher and student, and makes a
 * weighted sum of losses small. {@code inputs = teacher} gives each converted layer what the teacher's layer had, so that
 * layers learn alone and at once; {@code inputs = own} runs the student end to end. The three stages of mmMamba
 * (arXiv:2502.13145, section 3.2), as the presets {@code mmmamba-linear} and {@code mmmamba-hybrid} have them:
 *
 * <pre>{@code
 * stages = [
 *   { name = new-parameters, type = distill, inputs = teacher
 *     train  = ["layers.*.mixer.**", "!layers.*.mixer.{q_proj,k_proj,v_proj,o_proj}.**"]
 *     losses = [{ type = mean-squared-error, site = heads, weight = 1000, mask = all, reduction = mean }] }
 *   { name = projections, type = distill, inputs = teacher, ... }
 *   { name = logits, type = distill, inputs = own, losses = [{ type = kl, mask = all, reduction = batch-mean }], ... }
 * ]
 * }</pre>
 *
 * <p>A loss may say {@code forcing} for itself. Layers that learn from the teacher's inputs and logits end to end in one step
 * are the single stage of MaTVLM (arXiv:2503.13440), as the preset {@code matvlm} has it:
 *
 * <pre>{@code
 * { name = single, type = distill, train-scope = not-kept, train = ["layers.*.mixer.**", "input.connector.**"]
 *   losses = [{ type = frobenius, site = hidden, inputs = teacher, layer-reduction = sum }, { type = kl }] }
 * }</pre>
 *
 * <p>A new kind of loss, optimizer, schedule or stage is a provider of a type of {@code carve.api}; nothing here need change.
 */
package carve.distill;
