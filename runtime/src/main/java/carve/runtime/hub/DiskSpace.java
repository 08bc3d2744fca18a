package carve.runtime.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A check of the free space before something large is written. */
final class DiskSpace {
    private DiskSpace() {}

    /**
     * Checks that a disk has room.
     *
     * @param what what is to be written
     * @param folder where, which need not be there yet
     * @throws HubException if it has not
     * @throws IOException if the free space cannot be read
     */
    static void require(String what, Path folder, long bytes) throws IOException {
        Path there = folder.toAbsolutePath();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        long free = Files.getFileStore(there).getUsableSpace();
        if (free < bytes) {
            throw new HubException(
                    "%s: %s are to be downloaded, and the disk of %s has %s free; HF_HUB_CACHE names another folder"
                            .formatted(what, ByteCount.text(bytes), folder, ByteCount.text(free)));
        }
    }
}
