package carve.models.tokenizer.decoder;

import java.util.List;

/**
 * Decoders one after another.
 *
 * @param decoders in this order
 */
public record DecoderSequence(List<Decoder> decoders) implements Decoder {
    /** Copies the list. */
    public DecoderSequence {
        decoders = List.copyOf(decoders);
    }

    @Override
    public List<String> decode(List<String> tokens) {
        List<String> result = tokens;
        for (Decoder decoder : decoders) {
            result = decoder.decode(result);
        }
        return result;
    }
}
