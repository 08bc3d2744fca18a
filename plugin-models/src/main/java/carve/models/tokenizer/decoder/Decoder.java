package carve.models.tokenizer.decoder;

import java.util.List;

/** A step that makes text of tokens. */
public sealed interface Decoder
        permits BpeDecoder,
                ByteFallbackDecoder,
                ByteLevelDecoder,
                CtcDecoder,
                DecoderSequence,
                FuseDecoder,
                MetaspaceDecoder,
                ReplaceDecoder,
                StripDecoder,
                WordPieceDecoder {
    /** Returns the texts of tokens; together they are the text. */
    List<String> decode(List<String> tokens);
}
