package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reference leads to the folder or file that was pulled, by whichever program. */
final class HubCacheTest {
    @TempDir
    private Path root;

    private Path snapshot() {
        return root.resolve("models--acme--tiny/snapshots").resolve(TestHub.COMMIT);
    }

    private void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void pulled(String... files) throws IOException {
        write(root.resolve("models--acme--tiny/refs/main"), TestHub.COMMIT);
        for (String file : files) {
            write(snapshot().resolve(file), "{}");
        }
    }

    private Path path(String reference) {
        return new HubCache(root).path(HubReference.parse(reference));
    }

    private void requireMessage(String message, String reference) {
        assertEquals(
                message.formatted(root),
                assertThrows(HubException.class, () -> path(reference)).getMessage());
    }

    @Test
    void whatWasNotPulledSaysHow() throws IOException {
        requireMessage("hf:acme/tiny is not in %s; `carve pull acme/tiny` downloads it", "hf:acme/tiny");
        pulled("config.json");
        requireMessage("hf:acme/tiny@v2 is not in %s; `carve pull acme/tiny@v2` downloads it", "hf:acme/tiny@v2");
        requireMessage(
                "hf:acme/tiny/x.gguf is not in %s; `carve pull acme/tiny --include 'x.gguf'` downloads it",
                "hf:acme/tiny/x.gguf");
    }

    @Test
    void aReferenceWithoutASnapshotIsNotPulled() throws IOException {
        write(root.resolve("models--acme--tiny/refs/main"), TestHub.COMMIT);
        requireMessage("hf:acme/tiny is not in %s; `carve pull acme/tiny` downloads it", "hf:acme/tiny");
        write(root.resolve("models--acme--tiny/refs/main"), "../../../etc");
        requireMessage("hf:acme/tiny is not in %s; `carve pull acme/tiny` downloads it", "hf:acme/tiny");
    }

    @Test
    void aBranchAndACommitLeadToTheFolder() throws IOException {
        pulled("config.json", "model.safetensors");
        assertEquals(snapshot(), path("hf:acme/tiny"));
        assertEquals(snapshot(), path("hf:acme/tiny@" + TestHub.COMMIT));
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        pulled("config.json", "model-00001-of-00002.safetensors");
        write(snapshot().resolve("model.safetensors.index.json"), """
                {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""");
        requireMessage(
                "hf:acme/tiny is not complete in %s: 'model-00002-of-00002.safetensors' is missing; `carve pull acme/tiny` downloads what is missing",
                "hf:acme/tiny");
    }

    @Test
    void theOnlyGgufFileIsTheModel() throws IOException {
        pulled("config.json", "Q4/tiny-00001-of-00002.gguf", "Q4/tiny-00002-of-00002.gguf", "mmproj.gguf");
        assertEquals(snapshot().resolve("Q4/tiny-00001-of-00002.gguf"), path("hf:acme/tiny"));
    }

    @Test
    void ofSeveralGgufFilesOneIsNamed() throws IOException {
        pulled("a.gguf", "b.gguf");
        requireMessage(
                "hf:acme/tiny has 2 GGUF files; name one: hf:acme/tiny/a.gguf, hf:acme/tiny/b.gguf", "hf:acme/tiny");
        assertEquals(snapshot().resolve("b.gguf"), path("hf:acme/tiny/b.gguf"));
    }

    @Test
    void aPathIsLeftAsItIs() {
        assertEquals(Path.of("models/tiny"), HubCache.resolve(Path.of("models/tiny")));
    }
}
