package carve.models.tokenizer;

import carve.api.json.Json;
import carve.models.text.Tokenizer;
import carve.models.tokenizer.json.TokenizerReader;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every mutated tokenizer encodes and decodes, or is refused by an error of Carve's own. */
final class TokenizerFuzzTest {
    private static final String TEXT =
            " The 1234 caf\u00e9s, \u4e2d\u6587 \uD83D\uDE00  e\u0301\n<s> <|im_end|>carve'll  ";

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> everyInputIsReadOrRefused() throws IOException {
        return Stream.of(json(), sentencePiece())
                .map(target -> DynamicTest.dynamicTest(target.name(), () -> Fuzzer.check(target)));
    }

    private static FuzzTarget json() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String kind : List.of("qwen2", "llama2", "bert-uncased", "t5", "deepseek-llm")) {
            seeds.add(withoutMostTokens(new String(resource(kind + ".json"), StandardCharsets.UTF_8)));
        }
        List<String> words =
                List.of("Regex", "\\\\p{L}+", "(a|a)*", "\"Sequence\"", "\"ByteFallback\"", "\\ud800", "1e999");
        return new FuzzTarget("tokenizer.json", seeds, words, input -> {
            TokenizerPipeline tokenizer = TokenizerReader.read(Json.parseObject(input, "tokenizer.json"));
            tokenizer.decode(tokenizer.encode(TEXT));
            for (int id = -1; id <= Math.min(tokenizer.vocabularySize(), 300); id++) {
                tokenizer.bytes(id);
            }
        });
    }

    // mutations are to meet the steps, not the vocabulary
    private static byte[] withoutMostTokens(String json) {
        return json.replaceAll("\"merges\":\\[.*?\\]\\]", "\"merges\":[]").getBytes(StandardCharsets.UTF_8);
    }

    private static FuzzTarget sentencePiece() throws IOException {
        Path file = folder.resolve("tokenizer.model");
        List<byte[]> seeds =
                List.of(resource("sp-unigram.model"), resource("sp-bpe-symbols.model"), resource("sp-suffix.model"));
        return new FuzzTarget("tokenizer.model", seeds, List.of("<s>", "<0x41>", "\u2581"), input -> {
            Files.write(file, input);
            try (Tokenizer tokenizer = Tokenizer.open(folder)) {
                tokenizer.decode(tokenizer.encode(TEXT));
                for (int id = -1; id < 300; id++) {
                    tokenizer.bytes(id);
                }
            }
        });
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = TokenizerFuzzTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
