package carve.models.tokenizer.json;

import carve.models.tokenizer.decoder.BpeDecoder;
import carve.models.tokenizer.decoder.ByteFallbackDecoder;
import carve.models.tokenizer.decoder.ByteLevelDecoder;
import carve.models.tokenizer.decoder.CtcDecoder;
import carve.models.tokenizer.decoder.Decoder;
import carve.models.tokenizer.decoder.DecoderSequence;
import carve.models.tokenizer.decoder.FuseDecoder;
import carve.models.tokenizer.decoder.MetaspaceDecoder;
import carve.models.tokenizer.decoder.ReplaceDecoder;
import carve.models.tokenizer.decoder.StripDecoder;
import carve.models.tokenizer.decoder.WordPieceDecoder;
import carve.models.tokenizer.pretokenizer.MetaspacePreTokenizer.Prepend;

/** The reader of the section {@code decoder}. */
final class DecoderReader {
    private DecoderReader() {}

    static Decoder read(StrictObject section) {
        return switch (section.type()) {
            case "BPEDecoder" -> bpe(section.text("suffix"), section);
            case "ByteFallback" -> new ByteFallbackDecoder();
            case "ByteLevel" -> {
                section.ignore("add_prefix_space", "trim_offsets", "use_regex");
                yield new ByteLevelDecoder();
            }
            case "CTC" ->
                new CtcDecoder(
                        section.text("pad_token"), section.text("word_delimiter_token"), section.flag("cleanup"));
            case "Fuse" -> new FuseDecoder();
            case "Metaspace" -> {
                section.ignore("split");
                yield new MetaspaceDecoder(
                        section.character("replacement"), PreTokenizerReader.prepend(section) != Prepend.NEVER);
            }
            case "Replace" -> new ReplaceDecoder(section.pattern("pattern"), section.text("content"));
            case "Sequence" -> new DecoderSequence(section.parts("decoders", DecoderReader::read));
            case "Strip" ->
                new StripDecoder(
                        section.character("content").codePointAt(0), section.whole("start"), section.whole("stop"));
            case "WordPiece" -> new WordPieceDecoder(section.text("prefix"), section.flag("cleanup"));
            default ->
                throw section.unsupported(
                        "BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece");
        };
    }

    private static Decoder bpe(String suffix, StrictObject section) {
        if (suffix.isEmpty()) {
            throw section.error("suffix", "expected text, found none");
        }
        return new BpeDecoder(suffix);
    }
}
