package carve.api.data;

import java.nio.file.Path;
import java.util.List;

/**
 * The files that the samples of a data set are made of. A run records them in its checkpoints, and resumes with the same ones.
 *
 * @param annotations files with text, such as conversations; recorded by a digest of all their bytes
 * @param media files with images and the like, of which there may be very many; recorded by size and modification time. They need
 *     not exist
 */
public record DatasetFiles(List<Path> annotations, List<Path> media) {
    /** The files of data that is made, not read. */
    public static final DatasetFiles NONE = new DatasetFiles(List.of(), List.of());

    /** Copies the lists. */
    public DatasetFiles {
        annotations = List.copyOf(annotations);
        media = List.copyOf(media);
    }
}
