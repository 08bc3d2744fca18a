package carve.distill.loss;

/** The laws of {@code mean-square}, with each mask. */
final class MeanSquareLossTest extends MaskedLossContract {
    MeanSquareLossTest() {
        super("type = mean-square");
    }
}
