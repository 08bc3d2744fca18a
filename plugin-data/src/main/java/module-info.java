/** Training data of text: files of text, conversations, and mixtures of several sets. */
module carve.data {
    requires carve.api;

    provides carve.api.data.DatasetProvider with
            carve.data.ChatDataProvider,
            carve.data.MixDataProvider,
            carve.data.TextDataProvider;
}
