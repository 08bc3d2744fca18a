package carve.distill.loss;

/** The laws of {@code hard-cross-entropy}, which is never zero, with each mask. */
final class HardCrossEntropyLossTest extends MaskedLossContract {
    HardCrossEntropyLossTest() {
        super("type = hard-cross-entropy", 1, false);
    }
}
