/** Command R7B, a family of decoders. */
module examples.cohere2 {
    requires carve.api;

    provides carve.api.decoder.DecoderArchitecture with
            examples.cohere2.Cohere2;
}
