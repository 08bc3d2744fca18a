package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several servers may use one folder. */
@Timeout(60)
final class PrefixCacheFolderTest {
    private static final int FILES = 500;

    @TempDir
    private Path folder;

    @Test
    void opensWhileAnotherServerRemovesSnapshots() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> {
            while (!done.get()) {
                createAndDelete();
            }
        });
        try {
            for (int i = 0; i < 200; i++) {
                assertDoesNotThrow(() -> new PrefixCacheFolder(folder, "model", 1 << 20, false));
            }
        } finally {
            done.set(true);
            other.join();
        }
    }

    private void createAndDelete() {
        try {
            for (int i = 0; i < FILES; i++) {
                Path file = folder.resolve("%02x".formatted(i % 64)).resolve(i + ".safetensors");
                Files.createDirectories(file.getParent());
                Files.writeString(file, "x");
            }
            for (int i = 0; i < FILES; i++) {
                Path file = folder.resolve("%02x".formatted(i % 64)).resolve(i + ".safetensors");
                Files.deleteIfExists(file);
                if (i >= FILES - 64) {
                    Files.deleteIfExists(file.getParent());
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
