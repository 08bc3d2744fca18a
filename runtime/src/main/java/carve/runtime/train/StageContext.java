package carve.runtime.train;

import carve.api.data.Dataset;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.runtime.io.FileDigests;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The models, data and folder that a stage works with.
 *
 * @param teacher the teacher, if there is one; never changed
 * @param student the student; its parameters are replaced
 * @param converted the numbers of the layers that the plan converted
 * @param data where samples come from
 * @param inputFiles the files of data and models, which must be the same when a run is resumed
 * @param folder where checkpoints and metrics of this stage go
 * @param predecessor the {@link ParamDigest} of the parameters that what came before ended with, be it a stage or a
 *     conversion; empty if nothing did
 * @param resume whether to go on where an interrupted run of this stage stopped; a run that had ended gives its result again
 * @param report what is said about the student as it goes
 * @param progressListener is told of every step
 */
public record StageContext(
        Optional<LoadedModel> teacher,
        LoadedModel student,
        List<Integer> converted,
        Dataset data,
        InputFiles inputFiles,
        Path folder,
        Optional<String> predecessor,
        Resume resume,
        StageReport report,
        ProgressListener progressListener) {
    /** Copies the list. */
    public StageContext {
        converted = List.copyOf(converted);
    }

    /**
     * Makes the context of a stage whose input files are those of its data.
     *
     * @throws StageException if one of them cannot be read
     */
    public StageContext(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            Dataset data,
            Path folder,
            Optional<String> predecessor,
            boolean resume,
            ProgressListener progressListener) {
        this(
                teacher,
                student,
                converted,
                data,
                files(data),
                folder,
                predecessor,
                resume ? Resume.SAME_FILES : Resume.NO,
                StageReport.NONE,
                progressListener);
    }

    private static InputFiles files(Dataset data) {
        try {
            return InputFiles.of(data.files(), new FileDigests(List.of()), _ -> {});
        } catch (IOException e) {
            throw new StageException("a file of the data cannot be read: " + e.getMessage(), e);
        }
    }
}
