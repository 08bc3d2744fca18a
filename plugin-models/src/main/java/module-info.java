/** Model families: which layers a checkpoint has and what its tensors are called; and the pictures and texts that go into them. */
module carve.models {
    requires java.desktop; // ImageIO decodes PNG and JPEG
    requires transitive carve.api;

    provides carve.api.model.ModelFamily with
            carve.models.decoder.DecoderFamily,
            carve.models.hovle.HovleFamily,
            carve.models.llava.LlavaFamily,
            carve.models.mamba.MambaFamily;
    provides carve.api.stage.DataProvider with
            carve.models.data.ShapesProvider;
    provides carve.api.stage.DatasetGenerator with
            carve.models.data.ShapesGenerator;
}
