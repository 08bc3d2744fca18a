/**
 * Decoders as data. A family of text decoders is a {@link carve.api.decoder.DecoderArchitecture}: some lines that read its {@code
 * config.json} with a strict {@link carve.api.decoder.ConfigReader}, and say with a {@link carve.api.decoder.DecoderBuilder} what
 * its layers are made of and what its tensors are called.
 *
 * <p>A plugin adds one by {@code provides carve.api.decoder.DecoderArchitecture with MyArchitecture} in its {@code module-info}.
 */
package carve.api.decoder;
