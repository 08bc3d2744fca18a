package carve.distill.loss;

/** The laws of {@code frobenius}, a root, with each mask. */
final class FrobeniusLossTest extends MaskedLossContract {
    FrobeniusLossTest() {
        super("type = frobenius", 0.5, true);
    }
}
