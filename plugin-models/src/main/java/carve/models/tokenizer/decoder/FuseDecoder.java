package carve.models.tokenizer.decoder;

import java.util.List;

/** All tokens as one, for the decoders after it. */
public record FuseDecoder() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        return List.of(String.join("", tokens));
    }
}
