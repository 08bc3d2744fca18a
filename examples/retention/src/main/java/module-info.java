/** The mixer {@code retention}, with a fused op of its own. */
module examples.retention {
    requires carve.api;

    provides carve.api.mixer.MixerProvider with
            examples.retention.Retention.Provider;
}
