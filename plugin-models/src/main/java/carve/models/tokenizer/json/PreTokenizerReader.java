package carve.models.tokenizer.json;

import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.pretokenizer.BertPreTokenizer;
import carve.models.tokenizer.pretokenizer.ByteLevelPreTokenizer;
import carve.models.tokenizer.pretokenizer.CharacterPreTokenizer;
import carve.models.tokenizer.pretokenizer.FixedLengthPreTokenizer;
import carve.models.tokenizer.pretokenizer.MetaspacePreTokenizer;
import carve.models.tokenizer.pretokenizer.MetaspacePreTokenizer.Prepend;
import carve.models.tokenizer.pretokenizer.PreTokenizer;
import carve.models.tokenizer.pretokenizer.PreTokenizerSequence;
import carve.models.tokenizer.pretokenizer.RegexPreTokenizer;
import carve.models.tokenizer.pretokenizer.SplitBehavior;
import carve.models.tokenizer.pretokenizer.UnicodeScriptsPreTokenizer;
import carve.models.tokenizer.pretokenizer.WordPreTokenizer;

/** The reader of the section {@code pre_tokenizer}. */
final class PreTokenizerReader {
    private PreTokenizerReader() {}

    static PreTokenizer read(StrictObject section) {
        return switch (section.type()) {
            case "BertPreTokenizer" -> new BertPreTokenizer();
            case "ByteLevel" ->
                new ByteLevelPreTokenizer(
                        section.ignore("trim_offsets").flag("add_prefix_space"), section.flag("use_regex", true));
            case "CharDelimiterSplit", "Delimiter" -> delimiter(section.character("delimiter"));
            case "Digits" ->
                new CharacterPreTokenizer(
                        Unicode::isNumeric,
                        section.flag("individual_digits") ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS);
            case "FixedLength" -> fixedLength(section);
            case "Metaspace" ->
                new MetaspacePreTokenizer(
                        section.character("replacement"), prepend(section), section.flag("split", true));
            case "Punctuation" -> new CharacterPreTokenizer(Unicode::isPunctuation, behavior(section, "Isolated"));
            case "Sequence" -> new PreTokenizerSequence(section.parts("pretokenizers", PreTokenizerReader::read));
            case "Split" ->
                new RegexPreTokenizer(section.pattern("pattern"), behavior(section, ""), section.flag("invert"));
            case "UnicodeScripts" -> new UnicodeScriptsPreTokenizer();
            case "Whitespace" -> new WordPreTokenizer();
            case "WhitespaceSplit" -> new CharacterPreTokenizer(Unicode::isWhiteSpace, SplitBehavior.REMOVED);
            default ->
                throw section.unsupported(
                        "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation,"
                                + " Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit");
        };
    }

    private static PreTokenizer delimiter(String character) {
        int delimiter = character.codePointAt(0);
        return new CharacterPreTokenizer(c -> c == delimiter, SplitBehavior.REMOVED);
    }

    private static PreTokenizer fixedLength(StrictObject section) {
        int length = section.optionalWhole("length").orElse(5);
        if (length == 0) {
            throw section.error("length", "expected at least 1, found 0");
        }
        return new FixedLengthPreTokenizer(length);
    }

    private static SplitBehavior behavior(StrictObject section, String otherwise) {
        String behavior = section.optionalText("behavior").orElse(otherwise);
        return switch (behavior) {
            case "Removed" -> SplitBehavior.REMOVED;
            case "Isolated" -> SplitBehavior.ISOLATED;
            case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
            case "Contiguous" -> SplitBehavior.CONTIGUOUS;
            default ->
                throw section.error(
                        "behavior",
                        "expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous, found '%s'"
                                .formatted(behavior));
        };
    }

    /** Returns what Metaspace puts before pieces; older files have {@code add_prefix_space} alone. */
    static Prepend prepend(StrictObject section) {
        boolean prefix = section.flag("add_prefix_space", true);
        section.ignore("str_rep");
        String scheme = section.optionalText("prepend_scheme").orElse(prefix ? "always" : "never");
        if (!prefix && !scheme.equals("never")) {
            throw section.error(
                    "prepend_scheme", "expected never, as add_prefix_space is false, found '%s'".formatted(scheme));
        }
        return switch (scheme) {
            case "always" -> Prepend.ALWAYS;
            case "first" -> Prepend.FIRST;
            case "never" -> Prepend.NEVER;
            default ->
                throw section.error("prepend_scheme", "expected always, first or never, found '%s'".formatted(scheme));
        };
    }
}
