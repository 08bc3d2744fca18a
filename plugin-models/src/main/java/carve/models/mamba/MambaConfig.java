package carve.models.mamba;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.MapSettings;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerDims;
import carve.api.mixer.Rotary;
import carve.api.model.Block;
import carve.api.model.FeedForward;
import carve.api.model.LayerChoice;
import carve.api.model.Norm;
import carve.models.MixerLayers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * What {@code config.json} of a model of Mamba-2 says, in either layout.
 *
 * @param json the configuration
 * @param layout its layout
 * @param shape the extents of its mixers
 */
record MambaConfig(JsonObject json, MambaLayout layout, MambaShape shape) {
    /** The mixer of every layer. */
    static final String MIXER = "plain-mamba2";

    /**
     * Returns what a configuration says.
     *
     * @throws carve.api.config.JsonException if it asks for something that is not supported
     */
    static MambaConfig of(JsonObject json) {
        MambaLayout layout = MambaLayout.of(json);
        layout.check(json);
        MambaShape shape = layout.shape(json);
        if (shape.groups() < 1 || shape.heads() % shape.groups() != 0) {
            throw layout.mixer(json)
                    .error(
                            layout == MambaLayout.HUGGING_FACE ? "n_groups" : "ngroups",
                            "%d does not divide %d heads".formatted(shape.groups(), shape.heads()));
        }
        double expand = layout.mixer(json).optionalReal("expand").orElse(2.0);
        int hidden = layout.hidden(json);
        if ((int) (expand * hidden) != shape.inner()) {
            throw layout.mixer(json)
                    .error(
                            "expand",
                            "%s x %d is not the inner width %d of %d heads of %d"
                                    .formatted(expand, hidden, shape.inner(), shape.heads(), shape.headWidth()));
        }
        return new MambaConfig(json, layout, shape);
    }

    int hidden() {
        return layout.hidden(json);
    }

    int layers() {
        return layout.layers(json);
    }

    int vocabulary() {
        return layout.vocabulary(json);
    }

    boolean tied() {
        return layout.tied(json);
    }

    double epsilon() {
        return layout.epsilon(json);
    }

    Norm norm() {
        return new Norm(Norm.Kind.RMS, hidden(), epsilon());
    }

    MixerDims dims() {
        return new MixerDims(
                hidden(), shape.heads(), shape.groups(), shape.headWidth(), shape.bias(), epsilon(), Rotary.NONE);
    }

    /** Returns the mixer that every layer has, with its settings. */
    LayerChoice own() {
        return new LayerChoice(
                MIXER,
                MapSettings.of(
                                Map.of(
                                        "conv-width", shape.conv(),
                                        "conv-bias", shape.convBias(),
                                        "norm-epsilon", epsilon(),
                                        "state-width", shape.state(),
                                        "norm-groups", shape.normGroups(),
                                        "min-step", step(0, 0),
                                        "max-step", step(1, Double.POSITIVE_INFINITY)),
                                "config.json")
                        .take());
    }

    private double step(int index, double otherwise) {
        String key = layout.stepBounds();
        JsonObject mixer = layout.mixer(json);
        return mixer.optionalArray(key)
                .map(JsonArray::items)
                .map(items -> {
                    if (items.size() == 2 && items.get(index) instanceof JsonNumber number) {
                        return number.real();
                    }
                    throw mixer.error(key, "expected two numbers, found " + Json.compact(mixer.array(key)));
                })
                .orElse(otherwise);
    }

    /** Returns the mixers that the configuration names: those that are listed for Carve, else its own. */
    List<LayerChoice> choices() {
        List<LayerChoice> choices = MixerLayers.listed(json).orElseGet(() -> Collections.nCopies(layers(), own()));
        if (choices.size() != layers()) {
            throw json.error(
                    layout.layersKey(),
                    "is %d, but mixers are named for %d layers".formatted(layers(), choices.size()));
        }
        return choices;
    }

    List<Block> blocks(MixerCatalog mixers) {
        List<Block> blocks = new ArrayList<>();
        for (LayerChoice choice : choices()) {
            blocks.add(new Block(
                    "llm." + blocks.size(),
                    dims(),
                    choice,
                    mixers.create(choice.mixer(), dims(), choice.settings()),
                    norm(),
                    FeedForward.none(hidden()),
                    false));
        }
        return List.copyOf(blocks);
    }
}
