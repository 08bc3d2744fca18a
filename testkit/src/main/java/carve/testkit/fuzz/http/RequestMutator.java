package carve.testkit.fuzz.http;

import carve.testkit.fuzz.Mutator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A source of hostile requests to a server of models. A number names each: the same seed and number make the same request. */
final class RequestMutator {
    private static final List<String> BODY_WORDS = List.of(
            "\"stream\": true,",
            "\"max_tokens\": 4,",
            "\"logprobs\": 5,",
            "\"stop\": [\"\"],",
            "<image>",
            "<IMG_CONTEXT>",
            "<|im_end|>",
            "<s>",
            "\\ud800",
            "data:image/png;base64,",
            "data:image/jpeg;base64,/9j/",
            "st-ffffffffffffffffffffffff");
    private static final List<String> HEAD_WORDS = List.of(
            "\r\n",
            "\r\n\r\n",
            "\n",
            " ",
            "Content-Length: 5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n",
            "Host: evil.example\r\n",
            "Host: \r\n",
            "Origin: http://evil.example\r\n",
            "Authorization: Bearer x\r\n",
            "Connection: close\r\n",
            "HTTP/1.0",
            "HTTP/2.0",
            "HTTP/9.9",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "%00",
            "%2e%2e/",
            "%zz",
            "/../",
            "?a=b#c",
            "http://localhost/v1/models",
            ": folded\r\n more\r\n");
    private static final List<String> METHODS =
            List.of("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "get", "", "X");

    private final Map<String, List<byte[]>> bodies;
    private final List<String> endpoints;
    private final List<String> paths;
    private final long seed;
    private final int largePercent;

    /**
     * Makes a source.
     *
     * @param largePercent how many of a hundred requests have bodies of megabytes
     */
    RequestMutator(String model, long seed, int largePercent) {
        this.bodies = RequestSeeds.bodies(model);
        this.endpoints = List.copyOf(bodies.keySet());
        this.paths = RequestSeeds.paths(model);
        this.seed = seed;
        this.largePercent = largePercent;
    }

    /** Returns the request of a number. */
    HttpRequestBytes request(long number) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_000_007L + number);
        if (random.nextInt(100) < largePercent) {
            return large(random);
        }
        int kind = random.nextInt(100);
        if (kind < 55) {
            return body(random);
        } else if (kind < 65) {
            return head(random);
        } else if (kind < 72) {
            return chunked(random);
        } else if (kind < 77) {
            return pipelined(random);
        } else if (kind < 90) {
            return cut(random, number);
        } else if (kind < 92) {
            return slow(random);
        }
        return path(random);
    }

    private static <T> T pick(SplittableRandom random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static byte[] mutated(SplittableRandom random, List<byte[]> seeds, List<String> words) {
        return new Mutator(seeds, words, random.nextLong()).next();
    }

    private HttpRequestBytes body(SplittableRandom random) {
        String path = pick(random, endpoints);
        byte[] body = mutated(random, bodies.get(path), BODY_WORDS);
        return HttpRequestBytes.framed("body of " + path, HttpRequestBytes.post(path, body));
    }

    private byte[] good(SplittableRandom random) {
        String path = pick(random, endpoints);
        return random.nextInt(3) == 0
                ? HttpRequestBytes.plain("GET", pick(random, paths))
                : HttpRequestBytes.post(path, pick(random, bodies.get(path)));
    }

    private HttpRequestBytes head(SplittableRandom random) {
        return HttpRequestBytes.raw("head", mutated(random, List.of(good(random)), HEAD_WORDS));
    }

    private HttpRequestBytes chunked(SplittableRandom random) {
        String path = pick(random, endpoints);
        byte[] good = HttpRequestBytes.chunked(path, pick(random, bodies.get(path)), 1 + random.nextInt(64));
        return random.nextInt(4) == 0
                ? HttpRequestBytes.framed("chunks", good)
                : HttpRequestBytes.raw(
                        "chunks", mutated(random, List.of(good), List.of("\r\n0\r\n\r\n", "ffffffff\r\n", "-1\r\n")));
    }

    private HttpRequestBytes pipelined(SplittableRandom random) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 1 + random.nextInt(8); i >= 0; i--) {
            all.writeBytes(HttpRequestBytes.plain("GET", pick(random, paths)));
        }
        byte[] good = all.toByteArray();
        return HttpRequestBytes.raw(
                "pipelined requests", random.nextBoolean() ? good : mutated(random, List.of(good), HEAD_WORDS));
    }

    // every position in turn
    private HttpRequestBytes cut(SplittableRandom random, long number) {
        byte[] good = good(random);
        return HttpRequestBytes.raw("disconnects", good).cut((int) (number % good.length));
    }

    private HttpRequestBytes slow(SplittableRandom random) {
        byte[] good = HttpRequestBytes.post(
                "/v1/completions", bodies.get("/v1/completions").getFirst());
        return HttpRequestBytes.framed("slow bytes", good).inPieces(1 + random.nextInt(4));
    }

    private HttpRequestBytes path(SplittableRandom random) {
        String path = random.nextBoolean() ? pick(random, paths) : pick(random, endpoints);
        byte[] changed = mutated(random, List.of(path.getBytes(StandardCharsets.ISO_8859_1)), HEAD_WORDS);
        String target = new String(changed, StandardCharsets.ISO_8859_1);
        return HttpRequestBytes.raw("methods and paths", HttpRequestBytes.plain(pick(random, METHODS), target));
    }

    private HttpRequestBytes large(SplittableRandom random) {
        int megabytes = 1 + random.nextInt(30);
        int bytes = megabytes << 20;
        byte[] body = switch (random.nextInt(5)) {
            case 0 -> text("{\"prompt\": [" + "1,".repeat(bytes / 2) + "1]}");
            case 1 -> text("{\"prompt\": [" + "[1],".repeat(bytes / 4) + "[1]]}");
            case 2 -> text("{\"prompt\": \"" + "spam and eggs ".repeat(bytes / 14) + "\", \"max_tokens\": 1}");
            case 3 -> text("{\"prompt\": \"" + " ".repeat(bytes) + "\", \"max_tokens\": 1}");
            default ->
                text("{\"messages\": [{\"role\": \"user\", \"content\": \"" + "\\u00e9".repeat(bytes / 6) + "\"}]}");
        };
        String path = random.nextBoolean() ? "/v1/completions" : "/tokenize";
        return HttpRequestBytes.framed("bodies of 1 to 30 MiB", HttpRequestBytes.post(path, body));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
