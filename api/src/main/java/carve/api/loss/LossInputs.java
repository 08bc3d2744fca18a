package carve.api.loss;

import carve.api.tensor.Tensor;

/**
 * The inputs of a loss in one step: the values of student and teacher at its site, and which positions count.
 *
 * @param student the student's value; differentiable. At {@code heads} it is {@code (B, T, H, P)}, at mixer and layer outputs {@code (B,
 *     T, D)}, at matrix {@code
 *     (B, H, T, T)}, at logits {@code (B, T, V)}
 * @param teacher the teacher's value of the same shape; the student's again where the loss needs no teacher
 * @param targets {@code (B, T)} I32: for each position the id of the next token, negative where that is not part of an answer
 * @param mask {@code (B, T)} F32: 1 for positions, 0 for padding
 */
public record LossInputs(Tensor student, Tensor teacher, Tensor targets, Tensor mask) {}
