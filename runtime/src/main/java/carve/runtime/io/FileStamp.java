package carve.runtime.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * The size, times and identity of a file at some moment.
 *
 * <p>Whoever writes into a file can set the time of its last modification back, but not the time of the last change of its
 * attributes ({@code ctime}), which file systems of Unix keep. Where there is none, a file with the same size and modification
 * time passes for unchanged.
 *
 * @param path the file
 * @param size its size in bytes
 * @param modified the time of its last modification
 * @param changed the time of the last change of content or attributes; empty where the file system has none
 * @param inode what tells it from a file that takes its place, where the file system has it
 */
public record FileStamp(Path path, long size, String modified, String changed, String inode) {
    private static final String UNIX = "unix";

    /**
     * Returns the stamp of a file as it is now.
     *
     * @throws IOException if there is no such file
     */
    public static FileStamp of(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new FileStamp(
                path,
                attributes.size(),
                attributes.lastModifiedTime().toString(),
                path.getFileSystem().supportedFileAttributeViews().contains(UNIX)
                        ? Files.getAttribute(path, UNIX + ":ctime").toString()
                        : "",
                String.valueOf(attributes.fileKey()));
    }

    /** Returns the stamp as text: two files of the same text have the same content, as far as the file system can tell. */
    public String text() {
        return "%d bytes, modified %s, changed %s, inode %s".formatted(size, modified, changed, inode);
    }

    /**
     * Returns how the file differs from this stamp if it was overwritten in place since; a file that was replaced by renaming
     * does not count, since who has it open still sees the old one. Nor does a change of attributes alone, which links,
     * permissions and backups make.
     */
    public Optional<String> change() {
        try {
            FileStamp now = of(path);
            boolean same = now.size == size && now.modified.equals(modified);
            return now.inode.equals(inode) && !same
                    ? Optional.of("%s had %d bytes of %s, and has %d of %s"
                            .formatted(path.getFileName(), size, modified, now.size, now.modified))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
