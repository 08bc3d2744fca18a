package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.runtime.hub.TestHttpServer.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hub that refuses, errs or lies gives one clear error, and nothing that looks like a model. */
@Timeout(60)
final class HostileHubTest {
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

    private void requireRefused(String message) {
        assertEquals(message, assertThrows(HubException.class, harness::pull).getMessage());
        assertEquals(List.of(), harness.snapshot());
        assertFalse(harness.files().contains("refs/main"));
    }

    private static UnaryChange file(String name, String key, JsonValue value) {
        return listing -> listing.with(
                "siblings",
                new JsonArray(listing.array("siblings").items().stream()
                        .map(file -> ((JsonObject) file).string("rfilename").equals(name)
                                ? ((JsonObject) file).without("lfs").with(key, value)
                                : file)
                        .toList()));
    }

    private interface UnaryChange extends java.util.function.UnaryOperator<JsonObject> {}

    @Test
    void aRepositoryThatIsNotThere() throws Exception {
        String page = hub.endpoint() + "/acme/other";
        HubException e = assertThrows(
                HubException.class, () -> harness.pull(HubReference.parse("acme/other"), FileFilter.DEFAULT));
        assertEquals(
                "acme/other: no such repository, or a private one; check the name at %s, and for a private one set HF_TOKEN (https://huggingface.co/settings/tokens)"
                        .formatted(page),
                e.getMessage());
    }

    @Test
    void aPrivateRepositoryWithAnotherToken() {
        hub.closed();
        harness.with("HF_TOKEN", "hf_other");
        requireRefused(
                "acme/tiny: no such repository, or a private one that the access token cannot read; check the name at %s/acme/tiny"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aRevisionThatIsNotThere() {
        HubException e = assertThrows(
                HubException.class, () -> harness.pull(HubReference.parse("acme/tiny@v9"), FileFilter.DEFAULT));
        assertEquals(
                "acme/tiny: the repository has no revision 'v9'; its branches and tags are listed at %s/acme/tiny/tree/main"
                        .formatted(hub.endpoint()),
                e.getMessage());
    }

    @Test
    void aGatedRepositoryWithoutAToken() {
        hub.once("/resolve/", _ -> TestHub.refused(401, "GatedRepo", "Access to model acme/tiny is restricted."));
        requireRefused(
                "acme/tiny is gated: accept the conditions at %s/acme/tiny, make an access token at https://huggingface.co/settings/tokens, and set HF_TOKEN"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aGatedRepositoryThatTheAccountMayNotRead() {
        harness.with("HF_TOKEN", TestHub.TOKEN);
        hub.once("/resolve/", _ -> TestHub.refused(403, "GatedRepo", "You are not in the authorized list."));
        requireRefused(
                "acme/tiny is gated, and the account of the access token has no access; accept the conditions at %s/acme/tiny, wait for approval where it is needed, and let the token read gated repositories (https://huggingface.co/settings/tokens)"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aTokenThatIsRefused() {
        harness.with("HF_TOKEN", "hf_old");
        hub.once(
                "/api/",
                _ -> Reply.of(
                        401, Map.of("X-Error-Message", "Invalid credentials in Authorization header"), new byte[0]));
        requireRefused(
                "acme/tiny: the hub refused the access token (Invalid credentials in Authorization header); make a new one at https://huggingface.co/settings/tokens and set HF_TOKEN");
    }

    @Test
    void aMissingRepositoryIsRefusedAsUnauthorizedWithoutAToken() {
        hub.once("/api/", _ -> Reply.of(401, Map.of("X-Error-Message", "Invalid username or password."), new byte[0]));
        requireRefused(
                "acme/tiny: no such repository, or a private one; check the name at %s/acme/tiny, and for a private one set HF_TOKEN (https://huggingface.co/settings/tokens)"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aLoginPageInPlaceOfTheList() {
        hub.once(
                "/api/",
                _ -> Reply.of(
                        200,
                        Map.of("Content-Type", "text/html; charset=utf-8"),
                        "<html>Log in".getBytes(StandardCharsets.UTF_8)));
        requireRefused(
                "acme/tiny: %s/api/models/acme/tiny/revision/main answered with text/html; charset=utf-8 where JSON was expected; a proxy or a login page may stand between, or HF_ENDPOINT is not a hub"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aListThatIsNotJson() {
        hub.once("/api/", _ -> Reply.json("{\"sha\": "));
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.startsWith("acme/tiny: the hub's answer is not JSON: "), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "/etc/passwd", "a/../../b", "a//b", "a/./b", "", "a\u0000b", ".."})
    void aNameThatLeadsOutOfTheFolder(String name) {
        hub.listed(file("README.md", "rfilename", new carve.api.json.JsonString(name)));
        requireRefused("acme/tiny: '%s' is refused as the name of a file, since it may lead to another folder"
                .formatted(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c:\\x", "a\\..\\b", "c:x", "a|b"})
    void aNameThatIsAnotherFolderElsewhere(String name) throws Exception {
        hub.with(name, "x");
        assertEquals(
                "acme/tiny: '%s' is not downloaded: not every system can have a file of this name; --exclude it"
                        .formatted(name),
                assertThrows(HubException.class, () -> harness.pull("*")).getMessage());
        assertEquals(List.of(), harness.snapshot());
        harness.pull();
        assertFalse(harness.snapshot().contains(name));
    }

    @Test
    void aFailureDoesNotWaitForOtherFiles() {
        hub.once("/cdn/", reply -> reply.stallsAfter(1_000));
        hub.once("/resolve/%s/config.json".formatted(TestHub.COMMIT), _ -> TestHub.refused(404, "EntryNotFound", ""));
        assertTimeout(Duration.ofSeconds(20), () -> assertThrows(HubException.class, harness::pull));
    }

    @Test
    void aCacheThatCannotBeWritten() throws Exception {
        Path blobs = harness.cache().repository(PullHarness.MODEL.repository()).resolve("blobs");
        Files.createDirectories(blobs.getParent());
        Files.writeString(blobs, "a file");
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.startsWith(blobs + ""), message);
        assertTrue(message.contains(": cannot be "), message);
    }

    @Test
    void aCommitThatIsNone() {
        hub.listed(listing -> listing.with("sha", "../../x"));
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.contains("is not a commit: ../../x"), message);
    }

    @Test
    void aDigestThatIsNone() {
        hub.listed(file("config.json", "blobId", new carve.api.json.JsonString("../x")));
        requireRefused(
                "acme/tiny: the hub lists 'config.json' with 22 bytes and digest '../x'; expected SHA-256 or git's SHA-1");
    }

    @Test
    void aListWithoutSizes() {
        hub.listed(listing ->
                listing.with("siblings", JsonArray.of(JsonObject.empty().with("rfilename", "config.json"))));
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.startsWith("acme/tiny: the hub's list of files cannot be read: "), message);
        assertTrue(message.endsWith("; if HF_ENDPOINT is a mirror, it may not be complete"), message);
    }

    @Test
    void aSizeThatIsNotTheFiles() {
        hub.listed(file("config.json", "size", carve.api.json.JsonNumber.of(21)));
        requireRefused("acme/tiny: the hub lists 'config.json' with 21 bytes, and the server sends 22");
    }

    @Test
    void moreBytesThanListedWithoutALength() {
        hub.once("/cdn/", _ -> Reply.of(200, Map.of("No-Length", "1"), new byte[300_001]));
        requireRefused("'model.safetensors': the server sends more than the 300000 bytes that the hub lists");
    }

    @Test
    void anotherContent() {
        byte[] other = PullHarness.bytes(300_000, 9);
        hub.once("/cdn/", _ -> Reply.of(200, Map.of(), other));
        requireRefused(
                "acme/tiny: 'model.safetensors' has another content than the hub's digest %s says, and was deleted; a proxy or mirror may have changed it"
                        .formatted(TestHub.sha256(PullHarness.bytes(300_000, 1))));
    }

    @Test
    void redirectsInACircle() {
        for (int i = 0; i < 11; i++) {
            hub.once(
                    "/api/",
                    _ -> Reply.of(302, Map.of("Location", "/api/models/acme/tiny/revision/main"), new byte[0]));
        }
        requireRefused(
                "acme/tiny: %1$s/api/models/acme/tiny/revision/main redirects more than 10 times, last to %1$s/api/models/acme/tiny/revision/main"
                        .formatted(hub.endpoint()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/passwd", "ftp://elsewhere/x", "http://:x"})
    void aRedirectToSomethingElse(String location) {
        hub.once("/api/", _ -> Reply.of(302, Map.of("Location", location), new byte[0]));
        requireRefused(
                "acme/tiny: %s/api/models/acme/tiny/revision/main redirects to '%s', which is refused; expected an address of https"
                        .formatted(hub.endpoint(), location));
    }

    @Test
    void aHubThatIsAlwaysBusy() {
        for (int i = 0; i < 6; i++) {
            hub.once("/api/", _ -> Reply.of(503, Map.of(), new byte[0]));
        }
        requireRefused(
                "acme/tiny: failed 6 times, last with: %s/api/models/acme/tiny/revision/main answered with status 503; the same command continues where it stopped"
                        .formatted(hub.endpoint()));
    }

    @Test
    void aHubThatCannotBeReached() {
        harness.with("HF_ENDPOINT", "http://127.0.0.1:1");
        requireRefused(
                "http://127.0.0.1:1 cannot be reached: no connection; HTTPS_PROXY names a proxy, HF_ENDPOINT another hub");
        harness.with("HF_ENDPOINT", "http://hub.invalid");
        requireRefused(
                "http://hub.invalid cannot be reached: no host of this name; HTTPS_PROXY names a proxy, HF_ENDPOINT another hub");
    }

    @Test
    void moreThanTheDiskHas() {
        long size = 1L << 60;
        hub.listed(file("config.json", "size", carve.api.json.JsonNumber.of(size)));
        String message = assertThrows(HubException.class, harness::pull).getMessage();
        assertTrue(message.startsWith("acme/tiny: 1.0 EiB are to be downloaded, and the disk of "), message);
        assertEquals(
                0,
                hub.requests().stream()
                        .filter(r -> r.path().contains("resolve"))
                        .count());
    }

    @Test
    void anIndexThatNamesAFileThatIsNotThere() {
        hub.with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x.safetensors\"}}");
        requireRefused(
                "acme/tiny: model.safetensors.index.json names '../x.safetensors', which the repository does not have");
    }
}
