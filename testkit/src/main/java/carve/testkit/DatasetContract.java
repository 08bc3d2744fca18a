package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import carve.api.CarveException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.runtime.io.FileDigests;
import carve.runtime.train.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The laws of data sets: samples are a function of position, files and seed, and every file that they are made of is among {@link
 * Dataset#files}, so that a run is not resumed with other data.
 *
 * <pre>{@code
 * final class TextDatasetTest extends DatasetContract {
 *     @Override
 *     protected void write(Path folder) throws IOException {
 *         Files.writeString(folder.resolve("train.txt"), "one\ntwo\n");
 *     }
 *
 *     @Override
 *     protected Dataset open(Path folder, long seed) {
 *         return new TextDataset(folder.resolve("train.txt"), new CharacterProcessor(), seed);
 *     }
 * }
 * }</pre>
 */
public abstract class DatasetContract {
    private static final long SEED = 42;
    private static final int SAMPLES = 10;

    @TempDir
    private Path folder;

    /** Makes the contract. */
    protected DatasetContract() {}

    /** Writes the files of a small data set of at least two samples; none for data that is made, not read. */
    protected abstract void write(Path folder) throws IOException;

    /** Opens the data set. */
    protected abstract Dataset open(Path folder, long seed);

    private InputFiles inputFiles() throws IOException {
        try (Dataset data = open(folder, SEED)) {
            return InputFiles.of(data.files(), new FileDigests(List.of()), _ -> {});
        }
    }

    /** Checks that the same files and seed give the same samples and the same fingerprint. */
    @Test
    final void samplesAreAFunctionOfPositionFilesAndSeed() throws IOException {
        write(folder);
        try (Dataset data = open(folder, SEED);
                Dataset again = open(folder, SEED)) {
            assertEquals(data.fingerprint(), again.fingerprint());
            assertEquals(data.files(), again.files());
            for (long position = SAMPLES - 1; position >= 0; position--) {
                Optional<Sample> sample = data.sample(position);
                assertEquals(sample.isPresent(), again.sample(position).isPresent());
                assertEquals(sample.isPresent(), data.sample(position).isPresent());
                if (sample.isPresent()) {
                    assertArrayEquals(
                            sample.get().tokens(), again.sample(position).get().tokens());
                    assertArrayEquals(
                            sample.get().lossMask(),
                            again.sample(position).get().lossMask());
                }
            }
        }
    }

    /** Checks that another seed has another fingerprint. */
    @Test
    final void theSeedCounts() throws IOException {
        write(folder);
        try (Dataset data = open(folder, SEED);
                Dataset other = open(folder, SEED + 1)) {
            assertNotEquals(data.fingerprint(), other.fingerprint());
        }
    }

    /** Checks that a changed byte of any file is noticed: the data set is refused, or its input files are others. */
    @Test
    final void eachByteOfEachFileCounts() throws IOException {
        write(folder);
        InputFiles before = inputFiles();
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            byte[] whole = Files.readAllBytes(file);
            FileTime time = Files.getLastModifiedTime(file);
            for (int at : new int[] {0, whole.length / 2, whole.length - 1}) {
                byte[] changed = whole.clone();
                changed[at] ^= 1;
                Files.write(file, changed);
                // at a time that any file system can tell from the one before
                Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 2000));
                requireNoticed(before, "byte %d of %s".formatted(at, file));
            }
            Files.write(file, whole);
            Files.setLastModifiedTime(file, time);
        }
        assertEquals(before, inputFiles());
    }

    private void requireNoticed(InputFiles before, String change) throws IOException {
        try {
            assertNotEquals(before.digest(), inputFiles().digest(), change);
        } catch (CarveException refused) {
            assertNotEquals("", refused.getMessage());
        }
    }
}
