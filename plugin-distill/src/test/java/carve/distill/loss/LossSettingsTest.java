package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.loss.Reduction;
import carve.distill.TestParts;
import org.junit.jupiter.api.Test;

/** Losses have sane defaults, read every key, and say what is wrong. */
final class LossSettingsTest {
    private static final MaskedReduction SANE = new MaskedReduction(LossMask.PADDING, Reduction.TOKENS);

    @Test
    void defaultsAreMeansOverPositionsThatCount() {
        assertEquals(new MeanSquaredErrorLoss("heads", 1, SANE), TestParts.loss("type = mean-square"));
        assertEquals(new KlLoss("logits", 1, 1, SANE), TestParts.loss("type = kl"));
        assertEquals(
                new CrossEntropyLoss(1, new MaskedReduction(LossMask.ANSWERS, Reduction.TOKENS)),
                TestParts.loss("type = cross-entropy"));
        assertEquals(new FrobeniusLoss("hidden", 1, SANE), TestParts.loss("type = frobenius"));
        assertEquals(new ReverseKlLoss("logits", 1, 1, SANE), TestParts.loss("type = reverse-kl"));
        assertEquals(
                new JensenShannonLoss("logits", 1, JensenShannonLoss.Form.STANDARD, 1, SANE),
                TestParts.loss("type = jensen-shannon"));
        assertEquals(new HardCrossEntropyLoss(1, SANE), TestParts.loss("type = hard-cross-entropy"));
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                new MeanSquaredErrorLoss("output", 1000, new MaskedReduction(LossMask.ALL, Reduction.ELEMENTS)),
                TestParts.loss("type = mean-square, at = output, weight = 1000, mask = all, reduction = elements"));
        assertEquals(
                new KlLoss("final_norm", 0.5, 2, new MaskedReduction(LossMask.ANSWERS, Reduction.BATCH)),
                TestParts.loss(
                        "type = kl, at = final_norm, weight = 0.5, temperature = 2, mask = answers, reduction = batch"));
        assertEquals(
                new CrossEntropyLoss(3, new MaskedReduction(LossMask.ANSWERS, Reduction.SUM)),
                TestParts.loss("type = cross-entropy, weight = 3, reduction = sum"));
    }

    @Test
    void everyKeyOfOfficialVariantsIsRead() {
        MaskedReduction official = new MaskedReduction(LossMask.ALL, Reduction.BATCH);
        String rest = ", at = output, weight = 2, mask = all, reduction = batch";
        assertEquals(new FrobeniusLoss("output", 2, official), TestParts.loss("type = frobenius" + rest));
        assertEquals(
                new ReverseKlLoss("output", 2, 3, official),
                TestParts.loss("type = reverse-kl, temperature = 3" + rest));
        assertEquals(
                new JensenShannonLoss("output", 2, JensenShannonLoss.Form.SWAPPED, 3, official),
                TestParts.loss("type = jensen-shannon, form = swapped, temperature = 3" + rest));
        assertEquals(
                new HardCrossEntropyLoss(2, official),
                TestParts.loss("type = hard-cross-entropy, weight = 2, mask = all, reduction = batch"));
    }

    private static void refused(String message, String hocon) {
        assertEquals(
                "recipe: 1: key " + message,
                assertThrows(SettingsException.class, () -> TestParts.loss(hocon))
                        .getMessage());
    }

    @Test
    void wrongSettingsAreRefused() {
        refused("'mask' must be one of all, padding, answers, is 'pads'", "type = kl, mask = pads");
        refused("'reduction' must be one of tokens, batch, sum, elements, is 'mean'", "type = kl, reduction = mean");
        refused("'temperature' must be positive, is 0.0", "type = kl, temperature = 0");
        refused("'weight' must be zero or more, is -1.0", "type = kl, weight = -1");
        refused(
                "'reduction' is elements, the mean over all elements with padding: that needs mask = all; with mask = padding,"
                        + " tokens is the mean over positions that count",
                "type = kl, reduction = elements");
        refused(
                "'reduction' must be one of tokens, batch, sum, is 'elements'; only positions before answers have a"
                        + " cross-entropy",
                "type = cross-entropy, reduction = elements");
        refused("'form' must be one of standard, swapped, is 'matvlm'", "type = jensen-shannon, form = matvlm");
        refused("'temprature' was not used; did you mean 'temperature'?", "type = kl, temprature = 2");
    }
}
