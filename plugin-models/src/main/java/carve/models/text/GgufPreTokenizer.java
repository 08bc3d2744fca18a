package carve.models.text;

import carve.models.tokenizer.pretokenizer.ByteLevelPreTokenizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A rule by which llama.cpp splits texts before byte-level BPE; GGUF files have its name in {@code tokenizer.ggml.pre}.
 *
 * @param expressions split the text one after another; matches and what lies between them are pieces
 * @param wholeWords whether a word that is a token is taken as it is, whatever the merges say
 * @param begins whether texts begin with the beginning token unless the file says otherwise
 */
record GgufPreTokenizer(List<String> expressions, boolean wholeWords, boolean begins) {
    private static final String CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    private static final String ENDS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String GPT2 = ByteLevelPreTokenizer.GPT2;
    static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" + ENDS;
    static final String QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|" + ENDS;
    private static final String QWEN35 = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String BAILING =
            "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
                    + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
    private static final String SEED_CODER = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}|"
            + " ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String DEEPSEEK_V3 = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
            + "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String BLOOM = " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";
    // the letters of scripts that have two cases; escaped, since some are equal to others in normal form
    private static final String DEEPSEEK_LETTERS = "\\s?[A-Za-z\u00B5\u00C0-\u00D6"
            + "\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-"
            + "\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A"
            + "\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531"
            + "-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA"
            + "\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-"
            + "\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59"
            + "\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-"
            + "\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2"
            + "-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D"
            + "\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145"
            + "-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE"
            + "\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787"
            + "\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-"
            + "\uFF3A\uFF41-\uFF5A\uD801\uDC00-\uD801\uDC4F\uD801\uDCB0-\uD801\uDCD3\uD801\uDCD8-\uD801\uDCFB\uD803\uDC80"
            + "-\uD803\uDCB2\uD803\uDCC0-\uD803\uDCF2\uD806\uDCA0-\uD806\uDCDF\uD83A\uDD00-\uD83A\uDD43]+";

    private static final Map<String, GgufPreTokenizer> RULES = rules();

    /** Copies the list. */
    GgufPreTokenizer {
        expressions = List.copyOf(expressions);
    }

    /** Returns the rule with a name, if it is known. */
    static Optional<GgufPreTokenizer> named(String name) {
        return Optional.ofNullable(RULES.get(name));
    }

    /** Returns the names of the known rules, sorted. */
    static List<String> names() {
        return List.copyOf(new TreeMap<>(RULES).keySet());
    }

    /** Returns whether this is GPT-2's split. */
    boolean isGpt2() {
        return expressions.equals(List.of(GPT2));
    }

    private static Map<String, GgufPreTokenizer> rules() {
        Map<String, GgufPreTokenizer> rules = new HashMap<>();
        add(rules, rule("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"), "default");
        add(
                rules,
                rule(GPT2),
                "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de jina-v2-code gigachat a.x-4.0 mellum modern-bert"
                        + " exaone4 mpt olmo jais trillion granite-docling gpt-neox");
        add(
                rules,
                new GgufPreTokenizer(List.of(LLAMA3), true, true),
                "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano");
        add(rules, rule(LLAMA3), "dbrx smaug-bpe chatglm-bpe");
        add(rules, new GgufPreTokenizer(List.of(LLAMA3), true, false), "glm4 glm5");
        add(rules, rule(QWEN2), "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2");
        add(rules, rule(QWEN35), "qwen35");
        add(rules, rule("\\p{N}", GPT2), "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2");
        add(rules, rule("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]"), "falcon");
        add(rules, rule("\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK_V3), "deepseek-v3 hunyuan-dense joyai-llm hy_v4");
        add(
                rules,
                rule("[\\r\\n]", DEEPSEEK_LETTERS, "\\s?[!-/:-~！-／：-～‘-‟　-。]+", "\\s+$", "[一-龥ࠀ-一가-퟿]+", "\\p{N}+"),
                "deepseek-llm");
        add(rules, rule("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", "\\p{N}"), "deepseek-coder");
        add(rules, rule(BLOOM), "bloom poro-chat gpt3-finnish");
        add(rules, rule(BLOOM, "\\p{N}"), "viking");
        add(rules, rule(BAILING), "bailingmoe bailingmoe2 llada-moe");
        add(rules, rule(SEED_CODER), "seed-coder");
        return Map.copyOf(rules);
    }

    private static GgufPreTokenizer rule(String... expressions) {
        return new GgufPreTokenizer(List.of(expressions), false, false);
    }

    private static void add(Map<String, GgufPreTokenizer> rules, GgufPreTokenizer rule, String names) {
        for (String name : names.split(" ")) {
            rules.put(name, rule);
        }
    }
}
