/** Model families: the layers and tensor names of checkpoints, tokenizers, chat templates and image preprocessing. */
module carve.models {
    requires java.desktop; // ImageIO decodes PNG and JPEG
    requires transitive carve.api;

    provides carve.api.model.ModelFamily with
            carve.models.decoder.DecoderFamily,
            carve.models.hovle.HovleFamily,
            carve.models.llava.LlavaFamily,
            carve.models.mamba2.Mamba2Family;
    provides carve.api.data.DatasetProvider with
            carve.models.data.ShapesDataProvider;
    provides carve.api.data.DatasetGenerator with
            carve.models.data.ShapesDatasetGenerator;
}
