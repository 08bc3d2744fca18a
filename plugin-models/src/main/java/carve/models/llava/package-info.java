/**
 * The model family {@code llava}: decoders that read pictures as words, TinyLLaVA and MaTVLM in their official layouts.
 *
 * <p>Tower, connector and decoder are each a record that {@code config.json} describes; another model of this kind is
 * another configuration.
 */
package carve.models.llava;
