/**
 * Softmax attention mixers: multi-head, grouped-query, multi-query and latent attention, with rotary embedding and a key-value
 * cache.
 */
module carve.attention {
    requires carve.api;

    provides carve.api.mixer.MixerProvider with
            carve.attention.AttentionProvider,
            carve.attention.LatentAttentionProvider;
}
