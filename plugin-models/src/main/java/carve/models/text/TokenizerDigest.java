package carve.models.text;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Digests of what token ids depend on: SHA-256 in hexadecimal. */
public final class TokenizerDigest {
    private static final List<String> FILES = List.of(
            "added_tokens.json",
            "config.json",
            "merges.txt",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "vocab.json");

    private TokenizerDigest() {}

    /** Returns the digest of the names and contents of a folder's files that describe its tokenizer. */
    static String of(Path folder) {
        MessageDigest digest = sha256();
        try {
            for (String name : FILES) {
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file)) {
                    update(digest, name.getBytes(StandardCharsets.UTF_8));
                    update(digest, Files.readAllBytes(file));
                }
            }
        } catch (IOException e) {
            throw new TextException("%s: cannot be read: %s".formatted(folder, e.getMessage()));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Returns the digest of a GGUF file's metadata. */
    static String of(JsonObject metadata) {
        return of(List.of(Json.compact(metadata)));
    }

    /** Returns the digest of texts, which tells where each ends. */
    public static String of(List<String> texts) {
        MessageDigest digest = sha256();
        texts.forEach(text -> update(digest, text.getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, byte[] bytes) {
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new TextException("SHA-256 is missing in this JDK: " + e.getMessage());
        }
    }
}
