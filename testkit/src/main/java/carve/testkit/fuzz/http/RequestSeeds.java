package carve.testkit.fuzz.http;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Good requests to the endpoints of a server of models, from which others are made. */
final class RequestSeeds {
    private RequestSeeds() {}

    /** Returns good bodies by their paths. */
    static Map<String, List<byte[]>> bodies(String model) {
        Map<String, List<String>> bodies = new LinkedHashMap<>();
        String picture = "data:image/png;base64," + Base64.getEncoder().encodeToString(png(16));
        bodies.put(
                "/v1/chat/completions",
                List.of(
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"what is red?\"}], \"max_tokens\": 2}",
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"system\", \"content\": \"be brief\"}, {\"role\": \"user\","
                                + " \"content\": [{\"type\": \"text\", \"text\": \"what is this\"}]}, {\"role\": \"assistant\", \"content\":"
                                + " \"a circle\"}, {\"role\": \"user\", \"content\": \"why\"}], \"max_completion_tokens\": 3, \"temperature\":"
                                + " 0.7, \"top_p\": 0.9, \"top_k\": 5, \"seed\": 7, \"stop\": [\"x\", \"yz\"], \"stream\": true,"
                                + " \"stream_options\": {\"include_usage\": true}, \"logprobs\": true, \"top_logprobs\": 2, \"user\": \"u\"}",
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\":"
                                + " {\"url\": \"" + picture
                                + "\"}}, {\"type\": \"text\", \"text\": \"how many\"}]}], \"max_tokens\": 2, \"stream\": true}",
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"save\"}], \"max_tokens\": 1, \"carve\":"
                                + " {\"state\": \"st-000000000000000000000000\", \"save\": true}}",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\", \"name\": \"n\"}], \"max_tokens\": 1, \"n\": 1,"
                                + " \"tools\": [], \"tool_choice\": \"none\", \"response_format\": {\"type\": \"text\"}, \"metadata\": {\"a\":"
                                + " \"b\"}, \"logit_bias\": {}, \"frequency_penalty\": 0}"));
        bodies.put(
                "/v1/completions",
                List.of(
                        "{\"model\": \"%s\", \"prompt\": \"a red circle\", \"max_tokens\": 3}",
                        "{\"model\": \"%s\", \"prompt\": [[1, 2, 3], [4, 5]], \"max_tokens\": 1, \"echo\": true, \"logprobs\": 2}",
                        "{\"model\": \"%s\", \"prompt\": [\"one\", \"two\"], \"max_tokens\": 2, \"stream\": true, \"stop\": \"e\","
                                + " \"temperature\": 1, \"ignore_eos\": true, \"suffix\": null, \"best_of\": 1}",
                        "{\"model\": \"%s\", \"prompt\": [5, 6, 7], \"max_tokens\": 0, \"echo\": true, \"logprobs\": 1}"));
        bodies.put(
                "/tokenize",
                List.of(
                        "{\"model\": \"%s\", \"prompt\": \"a red circle\", \"add_special_tokens\": true}",
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}"));
        bodies.put("/detokenize", List.of("{\"model\": \"%s\", \"tokens\": [1, 2, 3, 4, 5]}"));
        bodies.put(
                "/v1/states",
                List.of(
                        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"remember\"}]}",
                        "{\"from\": \"st-000000000000000000000000\", \"messages\": [{\"role\": \"user\", \"content\": \"more\"}]}"));
        Map<String, List<byte[]>> all = new LinkedHashMap<>();
        bodies.forEach((path, texts) -> all.put(
                path,
                texts.stream()
                        .map(text -> text.replace("%s", model).getBytes(StandardCharsets.UTF_8))
                        .toList()));
        return all;
    }

    /** Returns paths that are answered without a body. */
    static List<String> paths(String model) {
        return List.of(
                "/",
                "/health",
                "/metrics",
                "/v1/models",
                "/v1/models/" + model,
                "/v1/states",
                "/v1/states/st-000000000000000000000000",
                "/tokenizer_info",
                "/index.html");
    }

    /** Returns a picture of so many pixels square. */
    static byte[] png(int side) {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(rows)) {
            for (int y = 0; y < side; y++) {
                deflater.write(0);
                for (int x = 0; x < side; x++) {
                    deflater.write(new byte[] {(byte) (x * 16), (byte) (y * 16), (byte) (x ^ y)});
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        png.writeBytes(chunk("IHDR", new byte[] {0, 0, 0, (byte) side, 0, 0, 0, (byte) side, 8, 2, 0, 0, 0}));
        png.writeBytes(chunk("IDAT", rows.toByteArray()));
        png.writeBytes(chunk("IEND", new byte[0]));
        return png.toByteArray();
    }

    private static byte[] chunk(String type, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CRC32 crc = new CRC32();
        crc.update(type.getBytes(StandardCharsets.US_ASCII));
        crc.update(content);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(content.length);
            out.writeBytes(type);
            out.write(content);
            out.writeInt((int) crc.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
