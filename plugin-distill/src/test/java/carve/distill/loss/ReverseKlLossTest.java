package carve.distill.loss;

/** The laws of {@code reverse-kl}, at a temperature, with each mask. */
final class ReverseKlLossTest extends MaskedLossContract {
    ReverseKlLossTest() {
        super("type = reverse-kl, temperature = 2");
    }
}
