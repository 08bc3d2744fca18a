package carve.runtime.train;

import carve.api.param.ParamStore;
import carve.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * The digest by which a stage knows the result of its predecessor: SHA-256 of the name, the type and the little-endian
 * values of every parameter, in the order of the model.
 */
public final class ParamDigest {
    private static final long PIECE = 1L << 20;

    private ParamDigest() {}

    /** Returns the digest in 64 hexadecimal digits. */
    public static String of(ParamStore params) {
        MessageDigest digest = sha256();
        for (Map.Entry<String, Tensor> entry : params.asMap().entrySet()) {
            String head = entry.getKey() + '\n' + entry.getValue().type() + '\n';
            digest.update(head.getBytes(StandardCharsets.UTF_8));
            update(digest, entry.getValue());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, Tensor tensor) {
        long bytes = tensor.type().bytes();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, bytes), Long.BYTES);
            tensor.device().download(tensor, host);
            for (long done = 0; done < bytes; done += PIECE) {
                ByteBuffer piece =
                        host.asSlice(done, Math.min(PIECE, bytes - done)).asByteBuffer();
                digest.update(piece);
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
