package carve.models.mamba2;

import carve.api.config.MapSettings;
import carve.api.decoder.ConfigReader;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.FeedForward;
import carve.api.model.MixerSpec;
import carve.api.model.Norm;
import carve.models.LayerMixers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The {@code config.json} of a Mamba-2 model, in either layout.
 *
 * @param json the configuration
 * @param format its layout
 * @param ssmDims the extents of its mixers
 */
record Mamba2Config(ConfigReader json, Mamba2Format format, Mamba2Dims ssmDims) {
    /** The mixer of every layer. */
    static final String MIXER = "plain-mamba2";

    /**
     * Returns the configuration in a JSON object.
     *
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    static Mamba2Config of(JsonObject object) {
        Mamba2Format layout = Mamba2Format.of(object);
        ConfigReader json = ConfigReader.of(object);
        Mamba2Config config = read(json, layout);
        config.readAll();
        json.requireAllRead();
        return config;
    }

    // what is read when it is asked for
    private void readAll() {
        layers();
        vocabulary();
        tied();
        defaultMixer();
    }

    private static Mamba2Config read(ConfigReader json, Mamba2Format layout) {
        layout.check(json);
        Mamba2Dims shape = layout.shape(json);
        if (shape.groups() < 1 || shape.heads() % shape.groups() != 0) {
            throw layout.ssmConfig(json)
                    .error(
                            layout == Mamba2Format.HUGGING_FACE ? "n_groups" : "ngroups",
                            "%d does not divide %d heads".formatted(shape.groups(), shape.heads()));
        }
        double expand = layout.ssmConfig(json).real("expand", 2);
        int hidden = layout.hidden(json);
        if ((int) (expand * hidden) != shape.inner()) {
            throw layout.ssmConfig(json)
                    .error(
                            "expand",
                            "%s x %d is not the inner width %d of %d heads of %d"
                                    .formatted(expand, hidden, shape.inner(), shape.heads(), shape.headWidth()));
        }
        return new Mamba2Config(json, layout, shape);
    }

    int hidden() {
        return format.hidden(json);
    }

    int layers() {
        return format.layers(json);
    }

    int vocabulary() {
        return format.vocabulary(json);
    }

    boolean tied() {
        return format.tied(json);
    }

    double epsilon() {
        return format.epsilon(json);
    }

    Norm norm() {
        return new Norm(Norm.Kind.RMS, hidden(), epsilon());
    }

    LayerConfig dims() {
        return new LayerConfig(
                hidden(),
                ssmDims.heads(),
                ssmDims.groups(),
                ssmDims.headWidth(),
                ssmDims.bias(),
                epsilon(),
                RotaryEmbedding.NONE);
    }

    /** Returns the mixer that every layer has, with its settings. */
    MixerSpec defaultMixer() {
        return new MixerSpec(
                MIXER,
                MapSettings.of(
                                Map.of(
                                        "conv-width", ssmDims.convWidth(),
                                        "conv-bias", ssmDims.convBias(),
                                        "norm-epsilon", epsilon(),
                                        "state-width", ssmDims.stateSize(),
                                        "norm-groups", ssmDims.groups(),
                                        "min-step", step(0, 0),
                                        "max-step", step(1, Double.POSITIVE_INFINITY)),
                                "config.json")
                        .asTree());
    }

    private double step(int index, double otherwise) {
        return format.ssmConfig(json)
                .optionalRange(format.timeStepLimitKey())
                .map(range -> range.get(index))
                .orElse(otherwise);
    }

    /** Returns the mixers of the layers: those that the configuration lists for Carve, else its own. */
    List<MixerSpec> choices() {
        List<MixerSpec> choices =
                LayerMixers.read(json.json()).orElseGet(() -> Collections.nCopies(layers(), defaultMixer()));
        if (choices.size() != layers()) {
            throw json.error(
                    format.layersKey(), "is %d, but %d layers have mixers".formatted(layers(), choices.size()));
        }
        return choices;
    }

    List<Block> blocks(MixerCatalog mixers) {
        List<Block> blocks = new ArrayList<>();
        for (MixerSpec choice : choices()) {
            blocks.add(new Block(
                    "llm." + blocks.size(),
                    dims(),
                    choice,
                    mixers.create(choice.name(), dims(), choice.settings()),
                    BlockLayout.preNorm(norm()),
                    FeedForward.NONE));
        }
        return List.copyOf(blocks);
    }
}
