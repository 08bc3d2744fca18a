package carve.distill.loss;

import carve.api.config.Settings;
import carve.api.loss.Reduction;
import carve.api.model.Site;

/** The reading of the settings that several losses have. */
final class LossSettings {
    private LossSettings() {}

    static double weight(Settings settings) {
        double weight = settings.real("weight");
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw settings.error("weight", "must be zero or more, is " + weight);
        }
        return weight;
    }

    static double temperature(Settings settings) {
        double temperature = settings.real("temperature");
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw settings.error("temperature", "must be positive, is " + temperature);
        }
        return temperature;
    }

    static Site matrixSite(Settings settings) {
        Site site = Site.from(settings, "site");
        boolean isMatrix = site instanceof Site.Layer layer && new Site.EachLayer(layer.name()).equals(Site.MATRIX);
        if (!site.equals(Site.MATRIX) && !isMatrix) {
            throw settings.error("site", "must be matrix, or that of one layer, such as layers.3.matrix, is " + site);
        }
        return site;
    }

    static MaskedReduction maskedReduction(Settings settings) {
        LossMask lossMask = settings.enumConstant("mask", LossMask.class);
        Reduction reduction = settings.enumConstant("reduction", Reduction.class);
        if (reduction == Reduction.MEAN && lossMask != LossMask.ALL) {
            throw settings.error(
                    "reduction",
                    "'mean' averages over all elements including padding and needs mask = all; with mask = %s use token-mean"
                            .formatted(Settings.enumConstant(lossMask)));
        }
        return new MaskedReduction(lossMask, reduction);
    }
}
