package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** References, patterns and waits as users and servers write them. */
final class HubReferenceTest {
    @ParameterizedTest
    @CsvSource({
        "acme/tiny, acme/tiny, main, ''",
        "hf:acme/tiny, acme/tiny, main, ''",
        "acme/tiny@v1.0, acme/tiny, v1.0, ''",
        "acme/tiny@refs/pr/3, acme/tiny, refs/pr/3, ''",
        "acme/tiny@feature%2Fx, acme/tiny, feature/x, ''",
        "hf:a-b/c.d_e@main/sub/f-Q4_K.gguf, a-b/c.d_e, main, sub/f-Q4_K.gguf",
        "hf:acme/tiny/f.gguf, acme/tiny, main, f.gguf",
        "acme/tiny@refs/pr/3/f.gguf, acme/tiny, refs/pr/3, f.gguf",
    })
    void parts(String text, String repository, String revision, String file) {
        HubReference reference = HubReference.parse(text);
        assertEquals(repository, reference.repository().toString());
        assertEquals(revision, reference.revision());
        assertEquals(file, reference.file());
        assertEquals(reference, HubReference.parse(reference.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "gpt2",
                "acme/",
                "/tiny",
                "acme/tiny@",
                "acme/tiny/",
                "../tiny",
                "acme/..",
                "a--b/c",
                "acme/-tiny",
                "acme/tiny@..",
                "acme/tiny@a..b",
                "acme/tiny@refs/pr/..",
                "acme/tiny@%2F",
                "acme/tiny@a b",
                "acme/tiny/../x",
                "acme/tiny//x",
                "acme/ti ny",
                "acme/tiny@main/../../x",
                "acme\\x/tiny",
            })
    void anythingElseIsRefused(String text) {
        assertThrows(HubException.class, () -> HubReference.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "*.json, config.json, true",
        "*.json, a/b.json, true",
        "*.json, a.jsonl, false",
        "a/, a/b/c, true",
        "?.txt, ab.txt, false",
        "[ab].txt, b.txt, true",
        "[!ab].txt, b.txt, false",
        "[!ab].txt, c.txt, true",
        "[a-c].txt, b.txt, true",
        "[]].txt, ].txt, true",
        "[.txt, [.txt, true",
        "a+b(c).txt, a+b(c).txt, true",
        "*.JSON, config.json, false",
        "[^a].txt, ^.txt, true",
    })
    void patternsMatchAsPythonsFnmatch(String glob, String name, boolean matches) {
        assertEquals(matches, new GlobPattern(glob).matches(name));
    }

    @ParameterizedTest
    @CsvSource({
        "Retry-After, 12, 12",
        "Retry-After, 'Wed, 21 Oct 2026 07:28:30 GMT', 30",
        "Retry-After, 'Wed, 21 Oct 2026 07:27:00 GMT', 0",
        "Retry-After, soon, 0",
        "RateLimit, '\"api\";r=0;t=55', 55",
        "RateLimit, '\"api\";r=7;t=55', 0",
        "Other, 5, 0",
    })
    void waits(String header, String value, long seconds) {
        var headers = java.net.http.HttpHeaders.of(Map.of(header, java.util.List.of(value)), (_, _) -> true);
        assertEquals(Duration.ofSeconds(seconds), RetryAfter.of(headers, Instant.parse("2026-10-21T07:28:00Z")));
    }

    @Test
    void theMessageSaysWhatIsExpected() {
        assertEquals(
                "'gpt2' is not a model on the hub; expected ORG/NAME or ORG/NAME@REVISION, such as HuggingFaceTB/SmolLM2-135M-Instruct",
                assertThrows(HubException.class, () -> HubReference.parse("gpt2"))
                        .getMessage());
    }
}
