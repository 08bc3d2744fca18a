package carve.models.decoder;

import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.MixerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The configuration of a text decoder: a {@code config.json}, or the {@code text_config} of a vision-language model.
 *
 * @param json the configuration
 * @param spec the decoder that it describes, before conversion
 */
public record DecoderConfig(JsonObject json, DecoderSpec spec) {
    /** Returns D, the hidden size. */
    public int hidden() {
        return spec.tokens().hidden();
    }

    /** Returns V, the size of the vocabulary. */
    public int vocabulary() {
        return spec.tokens().vocabulary();
    }

    /** Returns the number of layers. */
    int layers() {
        return spec.layers().size();
    }

    /** Returns the sizes of the first layer's attention. */
    LayerConfig dims() {
        return spec.layers().getFirst().config();
    }

    /** Returns the mixers before conversion. */
    List<MixerSpec> mixers() {
        return spec.layers().stream().map(DecoderLayer::mixer).toList();
    }

    /** Returns the layers with these mixers, labelled by their numbers. */
    public List<Block> blocks(List<MixerSpec> choices, MixerCatalog mixers, IntFunction<String> label) {
        if (choices.size() != layers()) {
            throw json.error(
                    "num_hidden_layers", "is %d, but %d layers have mixers".formatted(layers(), choices.size()));
        }
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            MixerSpec choice = choices.get(i);
            DecoderLayer layer = spec.layers().get(i);
            blocks.add(new Block(
                    label.apply(i),
                    layer.config(),
                    choice,
                    mixers.create(choice.name(), layer.config(), choice.settings()),
                    layer.layout(),
                    layer.feedForward()));
        }
        return List.copyOf(blocks);
    }
}
