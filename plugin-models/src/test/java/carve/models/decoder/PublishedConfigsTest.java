package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The keys of published models are known, those included that Transformers does not read; sizes are made small.
 */
final class PublishedConfigsTest {
    private static JsonObject published() throws IOException {
        try (InputStream in = PublishedConfigsTest.class.getResourceAsStream("published-configs.json")) {
            return Json.parseObject(in.readAllBytes(), "published-configs.json");
        }
    }

    @TestFactory
    Stream<DynamicTest> eachIsRead() throws IOException {
        JsonObject all = published();
        assertFalse(all.members().isEmpty());
        return all.members().keySet().stream()
                .map(name -> DynamicTest.dynamicTest(
                        name,
                        () -> assertEquals(
                                all.object(name).string("model_type").equals("gpt2") ? 32 : 64,
                                DecoderArchitectures.BUILT_IN
                                        .read(all.object(name))
                                        .hidden())));
    }

    @ParameterizedTest
    @CsvSource({
        "SmolLM2-135M-Instruct, rope_interleaved, true",
        "Falcon3-1B-Instruct, activation, \"geglu\"",
        "Qwen2.5-0.5B-Instruct, use_mrope, true",
        "Phi-4-mini-instruct, lm_head_bias, true",
        "Phi-4-mini-instruct, interpolate_factor, 2",
        "gemma-2-2b-it, sliding_window_size, 128",
        "Nemotron-Mini-4B-Instruct, kv_channels, 8",
        "starcoder2-3b, norm_type, \"rms_norm\"",
        "stablelm-2-1_6b, rotary_scaling_factor, 2"
    })
    void anotherValueIsRefusedByName(String name, String key, String value) throws IOException {
        JsonObject config = published().object(name).with(key, Json.parse(value, key));
        JsonException e = assertThrows(JsonException.class, () -> DecoderArchitectures.BUILT_IN.read(config));
        assertTrue(e.getMessage().contains(key), e.getMessage());
    }
}
