/**
 * The model family {@code decoder}: decoders for text alone, and the parts of them that models with pictures share.
 *
 * <p>Another layout is another {@link carve.models.decoder.DecoderKind}, whose names are data.
 */
package carve.models.decoder;
