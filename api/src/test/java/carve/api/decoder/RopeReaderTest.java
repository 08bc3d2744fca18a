package carve.api.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import org.junit.jupiter.api.Test;

final class RopeReaderTest {
    private static RotaryEmbedding read(String json) {
        ConfigReader config = ConfigReader.of(Json.parseObject(json, "config.json"));
        RotaryEmbedding rope = RopeReader.of(config).read(8);
        config.requireAllRead();
        return rope;
    }

    private static void assertRefused(String part, String json) {
        String message = assertThrows(JsonException.class, () -> read(json)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void bothVersionsOfTransformersAreRead() {
        RotaryEmbedding expected = new RotaryEmbedding(5e5, 8, 64, new RopeScaling.Linear(4));
        assertEquals(expected, read("""
                {"max_position_embeddings": 64, "rope_theta": 500000.0, "rope_scaling": {"type": "linear", "factor": 4}}"""));
        assertEquals(expected, read("""
                {"max_position_embeddings": 64,
                 "rope_parameters": {"rope_theta": 500000.0, "rope_type": "linear", "factor": 4}}"""));
    }

    @Test
    void aPartOfAHeadMayBeRotated() {
        assertEquals(
                4,
                read("{\"rope_parameters\": {\"partial_rotary_factor\": 0.5}}").width());
        assertEquals(4, read("{\"partial_rotary_factor\": 0.5}").width());
    }

    @Test
    void whatWouldBeIgnoredIsRefused() {
        assertRefused("short_factor", "{\"rope_parameters\": {\"rope_type\": \"longrope\"}}");
        assertRefused("factor", "{\"rope_parameters\": {\"rope_type\": \"default\", \"factor\": 2.0}}");
        assertRefused("ntk", "{\"rope_parameters\": {\"rope_type\": \"ntk\"}}");
        assertRefused("mrope_section", "{\"rope_parameters\": {\"rope_type\": \"default\", \"mrope_section\": [1]}}");
        assertRefused("low_freq_factor", """
                {"rope_parameters": {"rope_type": "llama3", "factor": 8.0, "high_freq_factor": 4.0}}""");
        assertRefused("high_freq_factor", """
                {"rope_parameters": {"rope_type": "llama3", "factor": 8.0, "high_freq_factor": 1.0,
                 "low_freq_factor": 1.0, "original_max_position_embeddings": 32}}""");
        assertRefused("rope_scaling", """
                {"rope_parameters": {"rope_type": "default"}, "rope_scaling": {"type": "linear", "factor": 2.0}}""");
        assertRefused("by layer type", """
                {"rope_parameters": {"full_attention": {"rope_type": "default"}}}""");
    }
}
