/** Command R7B, a family of decoders. */
module examples.cohere {
    requires carve.api;

    provides carve.api.decoder.DecoderArchitecture with
            examples.cohere.Cohere2;
}
