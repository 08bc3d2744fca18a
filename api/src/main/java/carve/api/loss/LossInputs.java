package carve.api.loss;

import carve.api.tensor.Tensor;

/**
 * What a loss looks at in one step: values of teacher and student at one site, and which positions count.
 *
 * @param student the student's value; differentiable. At {@code heads} it is {@code (B, T, H, P)}, at outputs {@code (B, T,
 *     D)}, at logits {@code (B, T, V)}
 * @param teacher the teacher's value of the same shape; the student's again where the loss needs no teacher
 * @param targets {@code (B, T)} I32: for each position the id of the token that follows, negative where it is not an
 *     answer
 * @param mask {@code (B, T)} F32: 1 for positions, 0 for padding
 */
public record LossInputs(Tensor student, Tensor teacher, Tensor targets, Tensor mask) {}
