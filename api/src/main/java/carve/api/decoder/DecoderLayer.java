package carve.api.decoder;

import carve.api.mixer.LayerConfig;
import carve.api.model.BlockLayout;
import carve.api.model.FeedForward;
import carve.api.model.MixerSpec;

/**
 * A layer of a decoder before conversion.
 *
 * @param config what its mixer is made for
 * @param mixer its mixer
 * @param layout where norms are
 * @param feedForward the part that works on each position alone
 */
public record DecoderLayer(LayerConfig config, MixerSpec mixer, BlockLayout layout, FeedForward feedForward) {}
