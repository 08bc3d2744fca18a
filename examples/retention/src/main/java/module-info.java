/** The mixer {@code retention}, with a fused op of its own and kernels for it. */
module examples.retention {
    requires carve.api;

    provides carve.api.device.KernelProvider with
            examples.retention.RetentionKernelProvider;
    provides carve.api.mixer.MixerProvider with
            examples.retention.Retention.Provider;
}
