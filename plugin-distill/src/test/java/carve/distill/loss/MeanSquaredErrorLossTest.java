package carve.distill.loss;

/** The laws of {@code mean-square}, with each mask. */
final class MeanSquaredErrorLossTest extends MaskedLossContract {
    MeanSquaredErrorLossTest() {
        super("type = mean-squared-error");
    }
}
