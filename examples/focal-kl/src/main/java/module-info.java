/** The loss {@code focal-kl}. */
module examples.focalkl {
    requires carve.api;

    provides carve.api.loss.LossProvider with
            examples.focalkl.FocalKl.Provider;
}
