package carve.api.loss;

import carve.api.tensor.Tensor;

/**
 * A loss whose value at a position depends on that position alone, such as a cross-entropy. At {@code logits} it can be
 * computed for some positions at a time, so that logits of all of them are never there at once.
 *
 * <p>An implementer writes the values of rows and their reduction; {@link #compute} follows from both.
 */
public interface PerTokenLoss extends Loss {
    /**
     * Returns the value of each row, {@code (M)}.
     *
     * @param student {@code (M, V)}, differentiable
     * @param teacher {@code (M, V)}; the student's again where the loss needs no teacher
     * @param targets {@code (M)} I32, negative where there is none
     */
    Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets);

    /**
     * Returns the loss, a scalar.
     *
     * @param values {@code (B, T)}, the values of rows
     * @param targets {@code (B, T)} I32, negative where there is none
     * @param mask {@code (B, T)} F32: 1 for positions, 0 for padding
     */
    Tensor reduce(Tensor values, Tensor targets, Tensor mask);

    @Override
    default Tensor compute(LossInputs lossInputs) {
        Tensor student = lossInputs.student();
        Tensor teacher = lossInputs.teacher();
        Tensor targets = lossInputs.targets();
        Tensor values = tokenLosses(
                student.reshape(-1, student.extent(-1)), teacher.reshape(-1, teacher.extent(-1)), targets.reshape(-1));
        return reduce(values.reshape(targets.shape()), targets, lossInputs.mask());
    }
}
