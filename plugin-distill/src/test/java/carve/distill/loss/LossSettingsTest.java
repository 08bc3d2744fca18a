package carve.distill.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.loss.Reduction;
import carve.api.model.Site;
import carve.distill.TestParts;
import org.junit.jupiter.api.Test;

/** Losses have sane defaults, read every key, and say what is wrong. */
final class LossSettingsTest {
    private static final MaskedReduction SANE = new MaskedReduction(LossMask.NON_PADDING, Reduction.TOKEN_MEAN);

    @Test
    void defaultsAreMeansOverPositionsThatCount() {
        assertEquals(new MeanSquaredErrorLoss(Site.HEADS, 1, SANE), TestParts.loss("type = mean-squared-error"));
        assertEquals(new KlLoss(Site.LOGITS, 1, 1, SANE), TestParts.loss("type = kl"));
        assertEquals(
                new CrossEntropyLoss(1, new MaskedReduction(LossMask.ANSWERS, Reduction.TOKEN_MEAN)),
                TestParts.loss("type = cross-entropy"));
        assertEquals(new FrobeniusLoss(Site.HIDDEN, 1, SANE), TestParts.loss("type = frobenius"));
        assertEquals(new ReverseKlLoss(Site.LOGITS, 1, 1, SANE), TestParts.loss("type = reverse-kl"));
        assertEquals(
                new JensenShannonLoss(Site.LOGITS, 1, JensenShannonLoss.Form.STANDARD, 1, SANE),
                TestParts.loss("type = jensen-shannon"));
        assertEquals(new TopKKlLoss(Site.LOGITS, 1, 64, 1, SANE), TestParts.loss("type = top-k-kl"));
        assertEquals(
                new MatrixFrobeniusLoss(Site.MATRIX, 1, LossMask.NON_PADDING),
                TestParts.loss("type = matrix-frobenius"));
        assertEquals(
                new AttentionCrossEntropyLoss(Site.MATRIX, 1, SANE), TestParts.loss("type = attention-cross-entropy"));
        assertEquals(new HardCrossEntropyLoss(1, SANE), TestParts.loss("type = hard-cross-entropy"));
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                new MeanSquaredErrorLoss(Site.OUTPUT, 1000, new MaskedReduction(LossMask.ALL, Reduction.MEAN)),
                TestParts.loss(
                        "type = mean-squared-error, site = output, weight = 1000, mask = all, reduction = mean"));
        assertEquals(
                new KlLoss(Site.FINAL_NORM, 0.5, 2, new MaskedReduction(LossMask.ANSWERS, Reduction.BATCH_MEAN)),
                TestParts.loss(
                        "type = kl, site = final_norm, weight = 0.5, temperature = 2, mask = answers, reduction = batch-mean"));
        assertEquals(
                new CrossEntropyLoss(3, new MaskedReduction(LossMask.ANSWERS, Reduction.SUM)),
                TestParts.loss("type = cross-entropy, weight = 3, reduction = sum"));
    }

    @Test
    void everyKeyOfOfficialVariantsIsRead() {
        MaskedReduction official = new MaskedReduction(LossMask.ALL, Reduction.BATCH_MEAN);
        String rest = ", site = output, weight = 2, mask = all, reduction = batch-mean";
        assertEquals(new FrobeniusLoss(Site.OUTPUT, 2, official), TestParts.loss("type = frobenius" + rest));
        assertEquals(
                new ReverseKlLoss(Site.OUTPUT, 2, 3, official),
                TestParts.loss("type = reverse-kl, temperature = 3" + rest));
        assertEquals(
                new MatrixFrobeniusLoss(Site.layer(3, "matrix"), 2, LossMask.ALL),
                TestParts.loss("type = matrix-frobenius, site = layers.3.matrix, weight = 2, mask = all"));
        assertEquals(
                new AttentionCrossEntropyLoss(Site.layer(3, "matrix"), 2, official),
                TestParts.loss("type = attention-cross-entropy" + rest.replace("output", "layers.3.matrix")));
        assertEquals(
                new TopKKlLoss(Site.OUTPUT, 2, 5, 3, official),
                TestParts.loss("type = top-k-kl, k = 5, temperature = 3" + rest));
        assertEquals(
                new JensenShannonLoss(Site.OUTPUT, 2, JensenShannonLoss.Form.REVERSED, 3, official),
                TestParts.loss("type = jensen-shannon, form = reversed, temperature = 3" + rest));
        assertEquals(
                new HardCrossEntropyLoss(2, official),
                TestParts.loss("type = hard-cross-entropy, weight = 2, mask = all, reduction = batch-mean"));
    }

    private static void refused(String message, String hocon) {
        assertEquals(
                "recipe: 1: key " + message,
                assertThrows(SettingsException.class, () -> TestParts.loss(hocon))
                        .getMessage());
    }

    @Test
    void wrongSettingsAreRefused() {
        refused(
                "'mask' must be one of all, non-padding, answers, is 'padding'; it is now called 'non-padding'",
                "type = kl, mask = padding");
        refused(
                "'reduction' must be one of token-mean, batch-mean, sum, mean, is 'tokens'; it is now called 'token-mean'",
                "type = kl, reduction = tokens");
        refused("'temperature' must be positive, is 0.0", "type = kl, temperature = 0");
        refused("'weight' must be zero or more, is -1.0", "type = kl, weight = -1");
        refused(
                "'reduction' 'mean' averages over all elements including padding and needs mask = all; with mask = non-padding"
                        + " use token-mean",
                "type = kl, reduction = mean");
        refused(
                "'reduction' must be one of token-mean, batch-mean, sum, is 'mean'; cross-entropy is defined only for answer"
                        + " tokens",
                "type = cross-entropy, reduction = mean");
        refused("'form' must be one of standard, reversed, is 'matvlm'", "type = jensen-shannon, form = matvlm");
        refused(
                "'site' must be matrix, or that of one layer, such as layers.3.matrix, is heads",
                "type = matrix-frobenius, site = heads");
        refused("'temprature' was not used; did you mean 'temperature'?", "type = kl, temprature = 2");
    }

    @Test
    void formerNamesAreRefusedWithTheNewOnes() {
        refused("'at' was not used; it is now called 'site'", "type = kl, at = logits");
        assertEquals(
                "recipe: 1: no loss 'mean-square'; there are attention-cross-entropy, cross-entropy, frobenius, hard-cross-entropy, jensen-shannon, kl,"
                        + " l2, matrix-frobenius, mean-squared-error, reverse-kl, top-k-kl (it is now called 'mean-squared-error')",
                assertThrows(SettingsException.class, () -> TestParts.loss("type = mean-square"))
                        .getMessage());
    }
}
