package carve.runtime.engine;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys of a prompt's prefixes in a {@link PrefixCache}: each is a digest of the model's fingerprint and all tokens and images
 * up to a position, and of nothing else. Those at multiples of the chunk are a chain; one in between adds the tokens after the
 * last of them.
 */
final class PrefixKeys {
    private final Prompt prompt;
    private final String fingerprint;
    private final int chunk;
    private final List<String> boundaries;

    private PrefixKeys(Prompt prompt, String fingerprint, int chunk, List<String> boundaries) {
        this.prompt = prompt;
        this.fingerprint = fingerprint;
        this.chunk = chunk;
        this.boundaries = List.copyOf(boundaries);
    }

    /** Returns the keys of a prompt, for a model of that fingerprint. */
    static PrefixKeys of(Prompt prompt, String fingerprint, int chunk) {
        List<String> keys = new ArrayList<>();
        String before = fingerprint;
        for (int from = 0; from + chunk <= prompt.length(); from += chunk) {
            before = digest(prompt, before, from, from + chunk);
            keys.add(before);
        }
        return new PrefixKeys(prompt, fingerprint, chunk, keys);
    }

    private static String digest(Prompt prompt, String before, int from, int to) {
        MessageDigest digest = Digests.sha256();
        Digests.add(digest, before);
        ByteBuffer ids = ByteBuffer.allocate((to - from) * Integer.BYTES);
        ids.asIntBuffer().put(prompt.tokens(), from, to - from);
        digest.update(ids);
        for (int row = 0; row < prompt.mediaStarts().size(); row++) {
            int start = prompt.mediaStarts().get(row);
            if (start >= from && start < to) {
                Digests.add(digest, prompt.mediaDigests().get(row));
            }
        }
        return Digests.hex(digest);
    }

    int chunk() {
        return chunk;
    }

    /** Returns the keys of the prefixes that end at multiples of the chunk, shortest first. */
    List<String> boundaries() {
        return boundaries;
    }

    /** Returns the key of the prefix of so many chunks. */
    String boundary(int chunks) {
        return chunks == 0 ? fingerprint : boundaries.get(chunks - 1);
    }

    /** Returns the key of the longest prefix that ends at a multiple of the chunk. */
    String lastBoundary() {
        return boundary(boundaries.size());
    }

    /** Returns the key of the prefix of so many positions. */
    String at(int length) {
        int chunks = length / chunk;
        return length % chunk == 0 ? boundary(chunks) : digest(prompt, boundary(chunks), chunks * chunk, length);
    }
}
