package carve.runtime.catalog;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
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
    private static final String EVERY = "every";
    private static final List<String> KEYS = List.of(INPUTS, LAYER_REDUCTION, EVERY);

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

    // these are keys of any loss, whoever wrote it
    private LossTerm term(Settings section, LayerInputs inputs, LayerReduction layerReduction) {
        SettingsNode.Section own = section.asTree();
        for (String key : KEYS) {
            own = own.without(key);
        }
        LossTerm term = LossTerm.of(
                        section.string("type"),
                        loss(new TreeSettings(own)),
                        section.has(INPUTS) ? section.enumConstant(INPUTS, LayerInputs.class) : inputs,
                        section.has(LAYER_REDUCTION)
                                ? section.enumConstant(LAYER_REDUCTION, LayerReduction.class)
                                : layerReduction)
                .everyNth(every(section));
        requirePerLayer(section, term);
        return term;
    }

    private static int every(Settings section) {
        int every = section.has(EVERY) ? section.integer(EVERY) : 1;
        if (every < 1) {
            throw section.error(EVERY, "must be 1 or more, is " + every);
        }
        return every;
    }

    private static void requirePerLayer(Settings section, LossTerm term) {
        for (String key : KEYS) {
            if (section.has(key) && !term.isPerLayer()) {
                throw section.error(
                        key,
                        "applies only to losses per layer (site heads, mixer, output or hidden), not to "
                                + term.label());
            }
        }
    }
}
