package carve.models.tokenizer.json;

import carve.models.tokenizer.normalizer.BertNormalizer;
import carve.models.tokenizer.normalizer.ByteLevelNormalizer;
import carve.models.tokenizer.normalizer.CharacterMap;
import carve.models.tokenizer.normalizer.LowercaseNormalizer;
import carve.models.tokenizer.normalizer.NmtNormalizer;
import carve.models.tokenizer.normalizer.Normalizer;
import carve.models.tokenizer.normalizer.NormalizerSequence;
import carve.models.tokenizer.normalizer.PrecompiledNormalizer;
import carve.models.tokenizer.normalizer.PrependNormalizer;
import carve.models.tokenizer.normalizer.ReplaceNormalizer;
import carve.models.tokenizer.normalizer.StripAccentsNormalizer;
import carve.models.tokenizer.normalizer.StripNormalizer;
import carve.models.tokenizer.normalizer.UnicodeNormalizer;
import java.text.Normalizer.Form;
import java.util.Base64;

/** The reader of the section {@code normalizer}. */
final class NormalizerReader {
    private NormalizerReader() {}

    static Normalizer read(StrictObject section) {
        return switch (section.type()) {
            case "NFC" -> new UnicodeNormalizer(Form.NFC);
            case "NFD" -> new UnicodeNormalizer(Form.NFD);
            case "NFKC" -> new UnicodeNormalizer(Form.NFKC);
            case "NFKD" -> new UnicodeNormalizer(Form.NFKD);
            case "Lowercase" -> new LowercaseNormalizer();
            case "Strip" -> new StripNormalizer(section.flag("strip_left"), section.flag("strip_right"));
            case "StripAccents" -> new StripAccentsNormalizer();
            case "Replace" -> new ReplaceNormalizer(section.pattern("pattern"), section.text("content"));
            case "Prepend" -> new PrependNormalizer(section.text("prepend"));
            case "Nmt" -> new NmtNormalizer();
            case "ByteLevel" -> new ByteLevelNormalizer();
            case "BertNormalizer" -> bert(section);
            case "Precompiled" -> precompiled(section);
            case "Sequence" -> new NormalizerSequence(section.parts("normalizers", NormalizerReader::read));
            default ->
                throw section.unsupported(
                        "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace,"
                                + " Sequence, Strip, StripAccents");
        };
    }

    private static Normalizer bert(StrictObject section) {
        boolean lowercase = section.flag("lowercase");
        return new BertNormalizer(
                section.flag("clean_text"),
                section.flag("handle_chinese_chars"),
                section.flag("strip_accents", lowercase),
                lowercase);
    }

    private static Normalizer precompiled(StrictObject section) {
        String key = "precompiled_charsmap";
        String map = section.text(key);
        try {
            return new PrecompiledNormalizer(CharacterMap.of(Base64.getDecoder().decode(map)));
        } catch (IllegalArgumentException e) {
            throw section.error(key, "expected base64, " + e.getMessage());
        }
    }
}
