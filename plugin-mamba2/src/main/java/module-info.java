/** Mamba-2 mixers and their initialisation from attention. */
@SuppressWarnings("module") // the name ends in a digit, as the paper's does
module carve.mamba2 {
    requires carve.api;

    provides carve.api.mixer.MixerProvider with
            carve.mamba2.Mamba2Provider,
            carve.mamba2.MambaInLlamaProvider,
            carve.mamba2.PlainMamba2Provider;
}
