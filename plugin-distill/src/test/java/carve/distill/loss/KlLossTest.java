package carve.distill.loss;

/** The laws of {@code kl}, at a temperature, with each mask. */
final class KlLossTest extends MaskedLossContract {
    KlLossTest() {
        super("type = kl, temperature = 2");
    }
}
