package carve.runtime.engine;

import carve.runtime.io.FileDigests;
import carve.runtime.io.FileStamp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a model at the time when it was opened: those of its folder, or the single file.
 *
 * @param files the files, by name
 */
public record ModelFiles(List<FileStamp> files) {
    /** Copies the list. */
    public ModelFiles {
        files = List.copyOf(files);
    }

    /**
     * Returns the files of a model as they are now.
     *
     * @param model its folder, or its only file
     * @throws IOException if they cannot be read
     */
    public static ModelFiles of(Path model) throws IOException {
        List<FileStamp> stamped = new ArrayList<>();
        for (Path file : Files.isDirectory(model) ? regularFiles(model) : List.of(model)) {
            stamped.add(FileStamp.of(file));
        }
        return new ModelFiles(stamped);
    }

    private static List<Path> regularFiles(Path folder) throws IOException {
        try (Stream<Path> listed = Files.list(folder)) {
            return listed.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Returns these files and those of another model. */
    public ModelFiles and(ModelFiles others) {
        return new ModelFiles(
                Stream.concat(files.stream(), others.files.stream()).toList());
    }

    /** Returns which file was overwritten in place since, if one was; files that were replaced by renaming do not count. */
    public Optional<String> change() {
        return files.stream().flatMap(file -> file.change().stream()).findFirst();
    }

    /**
     * Returns the digest of the names and all bytes of the files, 32 hexadecimal digits.
     *
     * @param cacheFolder where digests of files are kept; nowhere if empty
     * @throws IOException if a file cannot be read
     */
    public String digest(List<Path> cacheFolder) throws IOException {
        FileDigests digests = new FileDigests(cacheFolder);
        List<String> texts = new ArrayList<>();
        for (FileStamp file : files) {
            texts.add(file.path().getFileName().toString());
            texts.add(digests.sha256(file, _ -> {}));
        }
        return Digests.of(texts);
    }
}
