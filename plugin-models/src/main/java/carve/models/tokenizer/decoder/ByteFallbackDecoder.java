package carve.models.tokenizer.decoder;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/** Characters in the place of tokens of single bytes, such as {@code <0x0A>}; U+FFFD for each byte where they make none. */
public record ByteFallbackDecoder() implements Decoder {
    private static final String REPLACEMENT = "\uFFFD";

    @Override
    public List<String> decode(List<String> tokens) {
        List<String> result = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            OptionalInt value = byteOf(token);
            if (value.isPresent()) {
                bytes.write(value.getAsInt());
            } else {
                flush(bytes, result);
                result.add(token);
            }
        }
        flush(bytes, result);
        return result;
    }

    /** Returns the byte that a token stands for, if it does. */
    public static OptionalInt byteOf(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || !token.endsWith(">")) {
            return OptionalInt.empty();
        }
        int high = Character.digit(token.charAt(3), 16);
        int low = Character.digit(token.charAt(4), 16);
        boolean ascii = token.charAt(3) < 0x80 && token.charAt(4) < 0x80;
        return high < 0 || low < 0 || !ascii ? OptionalInt.empty() : OptionalInt.of(high * 16 + low);
    }

    private static void flush(ByteArrayOutputStream bytes, List<String> result) {
        if (bytes.size() == 0) {
            return;
        }
        try {
            result.add(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString());
        } catch (CharacterCodingException _) {
            result.addAll(Collections.nCopies(bytes.size(), REPLACEMENT));
        }
        bytes.reset();
    }
}
