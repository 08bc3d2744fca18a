package carve.models.tokenizer.decoder;

import carve.models.tokenizer.ByteCharacters;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The text whose bytes the characters of tokens stand for. */
public record ByteLevelDecoder() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        tokens.forEach(token ->
                bytes.writeBytes(ByteCharacters.decode(token).orElseGet(() -> token.getBytes(StandardCharsets.UTF_8))));
        return List.of(bytes.toString(StandardCharsets.UTF_8));
    }
}
