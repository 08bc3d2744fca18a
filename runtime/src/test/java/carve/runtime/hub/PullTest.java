package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that is pulled is in the cache as huggingface_hub would have put it there, whatever happens on the way. */
@Timeout(60)
final class PullTest {
    private static final List<String> READ = List.of(
            "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");

    @TempDir
    private Path home;

    private TestHub hub;
    private PullHarness harness;

    @BeforeEach
    void start() throws IOException {
        hub = PullHarness.model(TestHub.start());
        harness = new PullHarness(hub, home);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private long requests(String path) {
        return hub.requests().stream()
                .filter(request -> request.path().contains(path))
                .count();
    }

    @Test
    void whatCarveReadsIsLinkedToBlobsByDigest() throws Exception {
        PullResult result = harness.pull();
        assertEquals(READ, harness.snapshot());
        assertEquals(TestHub.COMMIT, Files.readString(home.resolve("hub/models--acme--tiny/refs/main")));
        Path weights = result.folder().resolve("model.safetensors");
        byte[] content = PullHarness.bytes(300_000, 1);
        assertEquals(Path.of("../../blobs/" + TestHub.sha256(content)), Files.readSymbolicLink(weights));
        assertArrayEquals(content, Files.readAllBytes(weights));
        Path config = result.folder().resolve("config.json");
        assertEquals(
                Path.of("../../blobs/" + TestHub.gitSha1(Files.readAllBytes(config))), Files.readSymbolicLink(config));
        assertEquals(result.folder(), harness.cache().path(PullHarness.MODEL));
    }

    @Test
    void progressEndsAtAllBytes() throws Exception {
        PullResult result = harness.pull();
        assertEquals(
                result.downloaded(),
                harness.steps().stream().mapToLong(n -> n).max().orElse(0));
        assertEquals(0L, harness.steps().getFirst());
    }

    @Test
    void whatIsThereIsNotDownloadedAgain() throws Exception {
        harness.pull();
        long before = requests("resolve");
        assertEquals(0, harness.pull().downloaded());
        assertEquals(before, requests("resolve"));
    }

    @Test
    void aDamagedBlobOfAnotherSizeIsDownloadedAgain() throws Exception {
        Path weights = harness.pull().folder().resolve("model.safetensors");
        Files.write(weights.toRealPath(), new byte[3]);
        harness.pull();
        assertArrayEquals(PullHarness.bytes(300_000, 1), Files.readAllBytes(weights));
    }

    @Test
    void aBrokenConnectionIsContinuedByRange() throws Exception {
        hub.once("/cdn/", reply -> reply.cutAfter(100_000));
        harness.pull();
        assertEquals(List.of(Duration.ofSeconds(1)), harness.pauses());
        assertTrue(hub.requests().stream()
                .anyMatch(request -> request.path().contains("/cdn/")
                        && request.header("Range").orElse("").equals("bytes=100000-")));
        assertEquals(READ, harness.snapshot());
    }

    @Test
    void aLaterPullContinuesAnInterruptedOne() throws Exception {
        hub.once("/cdn/", reply -> reply.cutAfter(123_456));
        for (int i = 0; i < 5; i++) {
            hub.once("/cdn/", reply -> reply.cutAfter(0));
        }
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.startsWith("model.safetensors: failed 6 times, last with: "), message);
        assertTrue(message.endsWith("; the same command continues where it stopped"), message);
        assertEquals(List.of(), harness.snapshot());
        assertFalse(Files.exists(home.resolve("hub/models--acme--tiny/refs/main")));
        PullHarness again = new PullHarness(hub, home);
        again.pull();
        assertTrue(again.steps().getFirst() >= 123_456);
        assertEquals(READ, again.snapshot());
    }

    @Test
    void aDamagedPartIsDownloadedFromTheBeginning() throws Exception {
        byte[] content = PullHarness.bytes(300_000, 1);
        Path part = harness.cache().incomplete(PullHarness.MODEL.repository(), new BlobDigest(TestHub.sha256(content)));
        Files.createDirectories(part.getParent());
        Files.write(part, new byte[5_000]);
        Path weights = harness.pull().folder().resolve("model.safetensors");
        assertArrayEquals(content, Files.readAllBytes(weights));
        assertFalse(Files.exists(part));
    }

    @Test
    void aServerWithoutRangesSendsTheWholeFile() throws Exception {
        hub.once("/cdn/", reply -> reply.cutAfter(1_000));
        byte[] content = PullHarness.bytes(300_000, 1);
        hub.once("/cdn/", _ -> TestHttpServer.Reply.of(200, Map.of(), content));
        Path weights = harness.pull().folder().resolve("model.safetensors");
        assertArrayEquals(content, Files.readAllBytes(weights));
    }

    @Test
    void aServerThatStallsIsAskedAgain() throws Exception {
        harness.with("HF_HUB_DOWNLOAD_TIMEOUT", "1");
        hub.once("/cdn/", reply -> reply.stallsAfter(1_000));
        harness.pull();
        assertEquals(READ, harness.snapshot());
    }

    @Test
    void aSignedAddressThatExpiredIsAskedForAgain() throws Exception {
        hub.once("/cdn/", _ -> TestHttpServer.Reply.of(403, Map.of(), new byte[0]));
        harness.pull();
        assertEquals(READ, harness.snapshot());
        assertEquals(2, requests("resolve/" + TestHub.COMMIT + "/model.safetensors"));
    }

    @Test
    void theServerSaysHowLongToWait() throws Exception {
        hub.once("/api/", _ -> TestHttpServer.Reply.of(429, Map.of("Retry-After", "7"), new byte[0]));
        hub.once("/cdn/", _ -> TestHttpServer.Reply.of(503, Map.of("Retry-After", "3"), new byte[0]));
        harness.pull();
        assertEquals(List.of(Duration.ofSeconds(7), Duration.ofSeconds(3)), harness.pauses());
    }

    @Test
    void aLongWaitIsLeftToTheUser() {
        hub.once("/api/", _ -> TestHttpServer.Reply.of(429, Map.of("Retry-After", "3600"), new byte[0]));
        assertEquals(
                "acme/tiny: %s/api/models/acme/tiny/revision/main limits requests (status 429), and asks to wait for 3600 s; the same command continues where it stopped"
                        .formatted(hub.endpoint()),
                assertThrows(HubException.class, harness::pull).getMessage());
    }

    @Test
    void theTokenGoesToTheHubAndNowhereElse() throws Exception {
        hub.closed();
        harness.with("HF_TOKEN", TestHub.TOKEN).pull();
        assertEquals(READ, harness.snapshot());
        for (TestHttpServer.Request request : hub.requests()) {
            assertEquals(
                    !request.path().startsWith("/cdn/"),
                    request.header("Authorization").isPresent(),
                    request.path());
        }
        assertTrue(requests("/cdn/") > 0);
    }

    @Test
    void shardsAreThoseOfTheIndex() throws Exception {
        hub.with("model.safetensors.index.json", """
                        {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""")
                .with("model-00001-of-00002.safetensors", PullHarness.bytes(2_000, 2))
                .with("model-00002-of-00002.safetensors", PullHarness.bytes(2_000, 3))
                .with("consolidated.safetensors", PullHarness.bytes(4_000, 4));
        harness.pull();
        assertEquals(
                List.of(
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json"),
                harness.snapshot().stream()
                        .filter(name -> name.startsWith("model") || name.startsWith("cons"))
                        .toList());
    }

    @Test
    void filesOfOneContentHaveOneBlob() throws Exception {
        hub.with("added_tokens.json", "{}").with("empty.txt", "").with("deep/also-empty.txt", "");
        harness.pull("*.json", "*.txt");
        assertEquals(
                "",
                Files.readString(harness.cache()
                        .snapshot(PullHarness.MODEL.repository(), TestHub.COMMIT)
                        .resolve("deep/also-empty.txt")));
        assertEquals(
                harness.snapshot().size() - 3,
                harness.files().stream()
                        .filter(name -> name.startsWith("blobs/"))
                        .count());
    }

    @Test
    void withoutLinksFilesAreCopied() throws Exception {
        harness.with("HF_HUB_DISABLE_SYMLINKS", "1");
        Path folder = harness.pull().folder();
        assertFalse(Files.isSymbolicLink(folder.resolve("config.json")));
        assertEquals("{\"model_type\": \"tiny\"}", Files.readString(folder.resolve("config.json")));
        assertEquals(0, harness.pull().downloaded());
    }

    @Test
    void aRevisionHasAReferenceAndACommitHasNone() throws Exception {
        harness.pull(HubReference.parse("acme/tiny@refs/pr/1"), FileFilter.DEFAULT);
        assertEquals(TestHub.COMMIT, Files.readString(home.resolve("hub/models--acme--tiny/refs/refs/pr/1")));
        harness.pull(HubReference.parse("acme/tiny@" + TestHub.COMMIT), FileFilter.DEFAULT);
        assertFalse(Files.exists(home.resolve("hub/models--acme--tiny/refs/" + TestHub.COMMIT)));
    }

    @Test
    void twoPullsAtOnceDownloadAFileOnce() throws Exception {
        var first = CompletableFuture.supplyAsync(() -> pulled(new PullHarness(hub, home)));
        var second = CompletableFuture.supplyAsync(() -> pulled(new PullHarness(hub, home)));
        assertEquals(300_000, first.get() + second.get(), 200);
        assertEquals(1, requests("/cdn/"));
        assertEquals(READ, harness.snapshot());
    }

    private static long pulled(PullHarness harness) {
        try {
            return harness.pull().downloaded();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void offlineNothingIsSent() {
        harness.with("HF_HUB_OFFLINE", "1");
        assertEquals(
                "acme/tiny: HF_HUB_OFFLINE is set, so nothing is downloaded; unset it first",
                assertThrows(HubException.class, harness::pull).getMessage());
        assertEquals(List.of(), hub.requests());
    }
}
