package carve.models.llava;

import carve.api.config.NameSuggestions;
import carve.api.json.JsonObject;
import carve.models.chat.ChatProcessor;
import carve.models.decoder.DecoderArchitectures;
import carve.models.decoder.DecoderConfig;
import carve.models.image.SquarePreprocessor;
import java.util.List;

/**
 * The {@code config.json} of TinyLLaVA: a decoder in {@code text_config}, a vision tower in {@code vision_config}, and
 * the connector between them.
 */
record LlavaConfig(JsonObject json) {
    private static final List<String> ASPECTS = List.of("square", "pad");

    static boolean recognises(JsonObject config) {
        return config.optionalString("model_type").filter("tinyllava"::equals).isPresent();
    }

    LlavaConfig {
        LlavaKeys.require(json);
        same(json, "hidden_size", text(json).hidden());
        same(json, "vocab_size", text(json).vocabulary());
        same(json, "vision_hidden_size", VisionTower.of(json).hidden());
        String aspect = json.optionalString("image_aspect_ratio").orElse("square");
        if (!ASPECTS.contains(aspect)) {
            throw json.error("image_aspect_ratio", NameSuggestions.unknown("image preprocessing", aspect, ASPECTS));
        }
        if (json.optionalInteger("image_token_index").orElse(-1) >= text(json).vocabulary()) {
            throw json.error(
                    "image_token_index",
                    "is %d, but the vocabulary has %d tokens"
                            .formatted(
                                    json.integer("image_token_index"),
                                    text(json).vocabulary()));
        }
    }

    private static void same(JsonObject json, String key, int part) {
        if (json.optionalInteger(key).isPresent() && json.integer(key) != part) {
            throw json.error(key, "is %d, but the parts of the model have %d".formatted(json.integer(key), part));
        }
    }

    private static DecoderConfig text(JsonObject json) {
        return DecoderArchitectures.BUILT_IN.read(json.object("text_config"));
    }

    DecoderConfig decoder() {
        return text(json);
    }

    private int imageToken() {
        return json.optionalInteger("image_token_index").orElse(-200);
    }

    LlavaInputEncoder input() {
        VisionTower visionTower = VisionTower.of(json);
        Connector connector = Connector.of(json, visionTower.hidden(), decoder().hidden());
        return new LlavaInputEncoder(decoder().vocabulary(), visionTower, connector, imageToken());
    }

    // CLIP's own mean and deviation, 0.5 for SigLIP
    ChatProcessor.VisionInput vision() {
        VisionTower visionTower = VisionTower.of(json);
        boolean padding =
                json.optionalString("image_aspect_ratio").orElse("square").equals("pad");
        SquarePreprocessor square = visionTower.kind() == VisionTower.Kind.SIGLIP
                ? SquarePreprocessor.siglip(visionTower.imageSize())
                : SquarePreprocessor.clip(visionTower.imageSize());
        return new ChatProcessor.VisionInput(
                LlavaInputEncoder.IMAGES,
                imageToken(),
                visionTower.features(),
                new SquarePreprocessor(square.size(), square.normalization(), padding));
    }
}
