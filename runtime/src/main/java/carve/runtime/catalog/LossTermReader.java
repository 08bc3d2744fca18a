package carve.runtime.catalog;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.loss.Loss;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.StageComponents;
import java.util.List;

/**
 * A reader of losses from settings.
 *
 * @param catalogs the installed losses
 */
record LossTermReader(Catalogs catalogs) implements StageComponents {
    private static final String LOSSES = "losses";
    private static final String INPUTS = "inputs";
    private static final String LAYER_REDUCTION = "layer-reduction";

    @Override
    public Loss loss(Settings section) {
        return catalogs.loss(section);
    }

    @Override
    public List<LossTerm> losses(Settings settings, LayerInputs inputs, LayerReduction layerReduction) {
        List<LossTerm> terms = settings.sections(LOSSES).stream()
                .map(section -> term(section, inputs, layerReduction))
                .toList();
        if (terms.isEmpty()) {
            throw settings.error(LOSSES, "must name a loss, such as [{ type = kl }], is empty");
        }
        return terms;
    }

    // inputs and layer-reduction are keys of any loss, whoever wrote it
    private LossTerm term(Settings section, LayerInputs inputs, LayerReduction layerReduction) {
        Loss loss = loss(new TreeSettings(section.asTree().without(INPUTS).without(LAYER_REDUCTION)));
        LossTerm term = LossTerm.of(
                section.string("type"),
                loss,
                section.has(INPUTS) ? section.enumConstant(INPUTS, LayerInputs.class) : inputs,
                section.has(LAYER_REDUCTION)
                        ? section.enumConstant(LAYER_REDUCTION, LayerReduction.class)
                        : layerReduction);
        for (String key : List.of(INPUTS, LAYER_REDUCTION)) {
            if (section.has(key) && !term.isPerLayer()) {
                throw section.error(
                        key, "applies only to losses per layer (site heads, output or hidden), not to " + term.label());
            }
        }
        return term;
    }
}
