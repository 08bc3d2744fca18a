/**
 * The model family {@code decoder}: text decoders, and the parts of them that vision-language models share.
 *
 * <p>Another layout is another {@link carve.models.decoder.DecoderKind}, whose names are data.
 */
package carve.models.decoder;
